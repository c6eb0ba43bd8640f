import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { TestClock } from '#platform/testing/test-clock.ts';
import { FakeScales } from '../testing/test-gateway.ts';
import { neededReplicas, ScaleUp } from './scale-up.ts';

const ref = { namespace: 'default', revision: 'hello-1' };

class Scene implements Disposable {
  readonly clock = new TestClock();
  readonly scales = new FakeScales();
  readonly scaleUp = new ScaleUp(this.scales, this.clock, pino({ level: 'silent' }));

  /** Lets time pass, and what was asked be answered. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  get written(): string[] {
    return this.scales.writes.map(({ replicas, onto }) => `${replicas}${onto === undefined ? '' : ` onto ${onto}`}`);
  }

  [Symbol.dispose](): void {
    this.scaleUp[Symbol.dispose]();
  }
}

test('needs one replica per so many requests, at least one, at most the maximum', () => {
  assert.equal(neededReplicas(1, 20, 100, 0), 1);
  assert.equal(neededReplicas(0, 20, 100, 0), 1);
  assert.equal(neededReplicas(21, 20, 100, 0), 2);
  assert.equal(neededReplicas(100, 1, 10, 0), 10);
  assert.equal(neededReplicas(1, 20, 100, 2), 3);
  assert.equal(neededReplicas(1, 20, 1, 2), 1);
  assert.equal(neededReplicas(1, 20, 100, 50), 3);
});

test('from zero the call has left before raise returns, and does not look first', () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  assert.deepEqual(scene.written, ['1']);
});

test('a growing need is gathered, then written where the scale is still what was written', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  for (const need of [2, 3, 4, 5]) scene.scaleUp.raise(ref, need, true);
  await scene.advance(20);
  assert.deepEqual(scene.written, ['1', '5']);
});

test('a need that grows without end is written all the same', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  for (let need = 2; need < 12; need += 1) {
    scene.scaleUp.raise(ref, need, false);
    await scene.advance(10);
  }
  assert.ok((scene.scales.replicas.get('hello-1') ?? 0) >= 8, String(scene.scales.replicas.get('hello-1')));
});

test('what grew while a call was under way is asked for right after it', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  scene.scaleUp.raise(ref, 7, true);
  await scene.advance(0);
  await scene.advance(0);
  assert.deepEqual(scene.written, ['1', '7']);
});

test('never lowers what is there', async () => {
  using scene = new Scene();
  scene.scales.replicas.set('hello-1', 9);
  scene.scaleUp.raise(ref, 2, false);
  await scene.advance(0);
  assert.deepEqual(scene.written, []);
});

test('asks again while anything waits', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  scene.scales.replicas.set('hello-1', 0);
  await scene.advance(1_000);
  assert.deepEqual(scene.written, ['1', '1 onto 1']);
});

test('asks for nothing once nothing waits', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  scene.scaleUp.enough(ref);
  scene.scales.replicas.set('hello-1', 0);
  await scene.advance(1_000);
  await scene.advance(60_000);
  assert.deepEqual(scene.written, ['1']);
  assert.equal(scene.clock.pending, 0);
});

test('waiting that comes and goes while all is asked for costs no calls', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 3, true);
  await scene.advance(0);
  let reads = 0;
  scene.scales.read = async () => {
    reads += 1;
    return { replicas: 3, resourceVersion: '1' };
  };
  for (let i = 0; i < 200; i += 1) {
    scene.scaleUp.enough(ref);
    scene.scaleUp.raise(ref, 3, false);
    await scene.advance(1);
  }
  assert.equal(reads, 0);
});

test('what another gateway woke meanwhile is only raised', async () => {
  using scene = new Scene();
  scene.scales.replicas.set('hello-1', 10);
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  assert.equal(scene.scales.replicas.get('hello-1'), 10);
  scene.scaleUp.raise(ref, 12, true);
  await scene.advance(20);
  assert.equal(scene.scales.replicas.get('hello-1'), 12);
});

test('replicas that another gateway ordered are as old as the look that found them, no older', async () => {
  using scene = new Scene();
  await scene.advance(60_000);
  scene.scales.replicas.set('hello-1', 10);
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  const foundAtMs = scene.clock.nowMs();
  assert.deepEqual(scene.scaleUp.ordered(ref), { replicas: 10, atMs: foundAtMs });
  await scene.advance(1_000);
  await scene.advance(1_000);
  assert.deepEqual(scene.scaleUp.ordered(ref), { replicas: 10, atMs: foundAtMs });
});

test('asleep again a moment later, it is woken at once again', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  scene.scaleUp.enough(ref);
  await scene.advance(100);
  scene.scales.replicas.set('hello-1', 0);
  scene.scaleUp.raise(ref, 1, true);
  assert.deepEqual(scene.written, ['1', '1']);
});

test('tries until the API server is back; the second try looks first', async () => {
  using scene = new Scene();
  scene.scales.failure = new Error('connection refused');
  scene.scaleUp.raise(ref, 2, true);
  for (let i = 0; i < 20; i += 1) await scene.advance(500);
  scene.scales.failure = undefined;
  scene.scales.replicas.set('hello-1', 1);
  await scene.advance(500);
  assert.deepEqual(scene.written, ['2 onto 0']);
});

test('a scale that moved since it was written is looked at, and raised from what it is', async () => {
  using scene = new Scene();
  scene.scaleUp.raise(ref, 1, true);
  await scene.advance(0);
  scene.scales.replicas.set('hello-1', 4);
  scene.scaleUp.raise(ref, 7, false);
  await scene.advance(20);
  assert.deepEqual(scene.written, ['1', '7 onto 1']);
  scene.scales.replicas.set('hello-1', 9);
  scene.scaleUp.raise(ref, 8, false);
  await scene.advance(20);
  assert.equal(scene.scales.replicas.get('hello-1'), 9);
});

test('a scale that moved is read and written anew at once', async () => {
  using scene = new Scene();
  scene.scales.replicas.set('hello-1', 1);
  const write = scene.scales.setOnto.bind(scene.scales);
  let conflicts = 1;
  scene.scales.setOnto = async (...args) => (conflicts-- > 0 ? false : write(...args));
  scene.scaleUp.raise(ref, 2, false);
  await scene.advance(0);
  assert.deepEqual(scene.written, ['2 onto 0']);
});

test('an API server that is away for a minute is a handful of lines, each with how often it was asked', async () => {
  const lines: { failures: number }[] = [];
  const clock = new TestClock();
  const scales = new FakeScales();
  scales.failure = new Error('connection refused');
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  using scaleUp = new ScaleUp(scales, clock, log);
  scaleUp.raise(ref, 1, true);
  for (let tries = 0; tries < 120; tries += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(500);
  }
  assert.deepEqual(
    lines.map(({ failures }) => failures),
    [1, 2, 4, 8, 16, 32, 64],
  );
});
