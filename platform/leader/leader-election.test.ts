import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '../kube/error.ts';
import { LeaseInMemory } from '../testing/lease-in-memory.ts';
import { silentLog } from '../testing/scripted-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { LeaderElection } from './leader-election.ts';

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

class Scene {
  readonly clock = new TestClock();
  readonly server = new LeaseInMemory();
  readonly lost: string[] = [];

  stand(identity: string) {
    const store = this.server.reach();
    const onLost = (error: Error) => this.lost.push(error.message);
    const election = new LeaderElection({
      store,
      identity,
      log: silentLog,
      onLost,
      clock: this.clock,
      wallMs: () => this.clock.nowMs(),
      random: () => 0.5,
    });
    return { store, election };
  }

  async pass(ms: number): Promise<void> {
    for (const endMs = this.clock.nowMs() + ms; this.clock.nowMs() < endMs; ) {
      await settled();
      this.clock.advance(Math.min(100, endMs - this.clock.nowMs()));
    }
    await settled();
  }
}

test('the first one leads, the second stands by for as long as the first renews', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  await a.election.elected;
  const b = scene.stand('b');
  t.after(() => Promise.all([a.election[Symbol.asyncDispose](), b.election[Symbol.asyncDispose]()]));
  await scene.pass(120_000);
  assert.deepEqual([a.election.leading, b.election.leading], [true, false]);
  assert.deepEqual(scene.server.holders, ['a']);
  a.election.check();
  assert.throws(() => b.election.check(), { code: 'NotLeader' });
});

test('one that ends in order is followed at once', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  await a.election.elected;
  const b = scene.stand('b');
  t.after(() => b.election[Symbol.asyncDispose]());
  await settled();
  await a.election[Symbol.asyncDispose]();
  await b.election.elected;
  assert.equal(scene.clock.nowMs(), 0);
  assert.deepEqual(scene.server.holders, ['a', '', 'b']);
  assert.equal(scene.server.lease?.spec?.leaseTransitions, 1);
  assert.throws(() => a.election.check(), { code: 'NotLeader' });
  assert.deepEqual(scene.lost, []);
});

test('one that is cut off stops long before the next begins', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  await a.election.elected;
  const b = scene.stand('b');
  t.after(() => Promise.all([a.election[Symbol.asyncDispose](), b.election[Symbol.asyncDispose]()]));
  a.store.up = false;
  await scene.pass(9_900);
  assert.equal(a.election.leading, true);
  await scene.pass(100);
  assert.equal(a.election.leading, false);
  assert.equal(a.election.closed.aborted, true);
  assert.deepEqual(scene.lost, ['a leads no longer: of the lease, it was not renewed in time']);
  await scene.pass(4_900);
  assert.equal(b.election.leading, false);
  await scene.pass(100);
  assert.equal(b.election.leading, true);
});

test('after a pause of the whole process the clock closes the gate, not the timer', async (t) => {
  const scene = new Scene();
  const late = new (class extends TestClock {
    override after = () => () => undefined;
    override nowMs = () => scene.clock.nowMs();
  })();
  const lost: Error[] = [];
  const election = new LeaderElection({
    store: scene.server.reach(),
    identity: 'a',
    log: silentLog,
    onLost: (error) => lost.push(error),
    clock: late,
  });
  t.after(() => election[Symbol.asyncDispose]());
  await election.elected;
  scene.clock.advance(10_000);
  assert.throws(() => election.check(), { code: 'NotLeader' });
  assert.equal(election.closed.aborted, true);
  assert.equal(lost.length, 1);
});

test('one that sees another in its place stops at once', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  t.after(() => a.election[Symbol.asyncDispose]());
  await a.election.elected;
  scene.server.write({ holderIdentity: 'somebody', leaseDurationSeconds: 15 }, scene.server.lease);
  assert.equal(a.election.leading, false);
  assert.deepEqual(scene.lost, ['a leads no longer: of the lease, somebody has it']);
});

test('a renewal that arrived without an answer is gone on from', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  t.after(() => a.election[Symbol.asyncDispose]());
  await a.election.elected;
  const spec = { ...scene.server.lease?.spec, renewTime: '2026-01-01T00:00:00.000000Z' };
  a.store.up = false;
  scene.server.write(spec, scene.server.lease);
  a.store.up = true;
  await scene.pass(60_000);
  assert.equal(a.election.leading, true);
});

test('one that is started again under its own name goes on at once', async (t) => {
  const scene = new Scene();
  scene.server.write({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 2 }, undefined);
  const a = scene.stand('a');
  t.after(() => a.election[Symbol.asyncDispose]());
  await a.election.elected;
  assert.equal(scene.server.lease?.spec?.leaseTransitions, 2);
});

test('writes end within the margin', async (t) => {
  const { election } = new Scene().stand('a');
  t.after(() => election[Symbol.asyncDispose]());
  assert.ok(election.writeMs < 15_000 - 10_000);
});

test('one renewal that is lost does not end it, also where each takes two seconds', async (t) => {
  const scene = new Scene();
  const a = scene.stand('a');
  t.after(() => a.election[Symbol.asyncDispose]());
  await a.election.elected;
  const { write } = a.store;
  const after = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      scene.clock.after(ms, resolve);
      signal.addEventListener('abort', () => reject(new KubeError(0, 'NoAnswer', 'given up')));
    });
  let renewals = 0;
  a.store.write = async (spec, onto, options) => {
    renewals += 1;
    if (renewals % 5 === 0) {
      await after(options.deadlineMs ?? 0, options.signal);
      throw new KubeError(0, 'NoAnswer', 'it took too long');
    }
    await after(2_000, options.signal);
    return write(spec, onto, options);
  };
  await scene.pass(120_000);
  assert.deepEqual([a.election.leading, scene.lost], [true, []]);
  assert.ok(renewals > 20);
});
