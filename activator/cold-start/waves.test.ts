import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { RevisionHealth } from '../replicas/revision-health.ts';
import { FakeScales } from '../testing/test-gateway.ts';
import { ClusterStarts } from './cluster-starts.ts';
import { ScaleUp } from './scale-up.ts';
import { type Demand, Waves } from './waves.ts';

const none: RevisionHealth = {
  pods: 0,
  answering: [],
  answered: false,
  failure: undefined,
  heldUpBy: undefined,
  silent: 0,
  doubted: 0,
  startingSinceMs: [],
  lookAgainAtMs: undefined,
};

/** A function of which a hundred requests wait, ten for each replica; its requests take half a second, its starts too. */
class Scene implements Disposable {
  readonly clock = new TestClock();
  readonly sent: BacklogHint[] = [];
  readonly waves: Waves;
  looks = 0;
  demand: Demand = { waiting: 100, inFlight: 0, takenByOthers: 0, waitingSinceMs: undefined, admittedAtMs: 0 };
  readonly #scaleUp: ScaleUp;

  constructor() {
    this.clock.advance(1_000);
    this.#scaleUp = new ScaleUp(new FakeScales(), this.clock, pino({ level: 'silent' }));
    this.waves = new Waves({
      clock: this.clock,
      scaleUp: this.#scaleUp,
      starts: new ClusterStarts(),
      send: (hint) => this.sent.push(hint),
      look: () => {
        this.looks += 1;
      },
    });
    this.waves.remember({ startMs: 500, requestMs: 500 });
  }

  want(health: Partial<RevisionHealth> = {}, maxReplicas = 100): number | undefined {
    const ref = { namespace: 'shop', revision: 'pay-1' };
    const scene = { key: 'shop/pay', ref, demand: this.demand, perReplica: 10, maxReplicas };
    return this.waves.want({ ...scene, health: { ...none, ...health } });
  }

  [Symbol.dispose](): void {
    this.waves[Symbol.dispose]();
    this.#scaleUp[Symbol.dispose]();
  }
}

test('plans at once, and for what comes in the next moments once more, together', () => {
  using scene = new Scene();
  const first = scene.want();
  assert.ok(first !== undefined && first > 1);
  for (let n = 0; n < 100; n += 1) assert.equal(scene.want(), undefined);
  scene.clock.advance(10);
  assert.equal(scene.looks, 1);
});

test('a replica that is only doubted counts as one that is there', () => {
  const want = (health: Partial<RevisionHealth>) => {
    using scene = new Scene();
    scene.demand = { ...scene.demand, waiting: 20 };
    return scene.want({ pods: 1, answered: true, ...health });
  };
  assert.equal(want({ doubted: 1 }), 1);
  assert.equal(want({}), 2);
});

test('looks again while something waits, and never once nothing does', () => {
  using scene = new Scene();
  scene.want();
  scene.clock.advance(600);
  assert.equal(scene.looks, 1);
  scene.want();
  scene.waves.rest();
  scene.clock.advance(60_000);
  assert.equal(scene.looks, 1);
  assert.equal(scene.clock.pending, 0);
});

test('what waits at other gateways counts, for a moment, and no more than maxReplicas', () => {
  using scene = new Scene();
  scene.demand = { ...scene.demand, waiting: 10 };
  const alone = scene.want() ?? 0;
  for (const from of ['b', 'c']) scene.waves.take({ function: 'shop/pay', from, requests: 50 });
  scene.clock.advance(10);
  assert.ok((scene.want() ?? 0) > alone);
  scene.waves.take({ function: 'shop/pay', from: 'b', requests: 1_000_000 });
  scene.clock.advance(10);
  assert.ok((scene.want({}, 7) ?? 0) <= 7);
  scene.clock.advance(2_000);
  assert.equal(scene.want(), alone);
});

test('other gateways hear of what waits, of each change that matters, and of the end', () => {
  using scene = new Scene();
  const tellNow = (waiting: number) => {
    scene.demand = { ...scene.demand, waiting };
    scene.clock.advance(10);
    scene.want();
  };
  for (const waiting of [100, 101, 110, 60, 59]) tellNow(waiting);
  scene.waves.rest();
  scene.waves.rest();
  assert.deepEqual(
    scene.sent.map(({ requests }) => requests),
    [100, 60, 0],
  );
  assert.ok(scene.sent.every((hint) => hint.function === 'shop/pay' && hint.from === scene.sent[0]?.from));
});

test('learns from what it sees, beginning with what was known before', () => {
  using scene = new Scene();
  for (let n = 0; n < 100; n += 1) scene.waves.served(5);
  assert.ok((scene.waves.requestMs ?? 0) < 10);
  scene.waves.started({ ms: 1_000, parallel: 1 });
  assert.ok((scene.waves.startMs ?? 0) > 500 && (scene.waves.startMs ?? 0) < 1_000);
  assert.equal(scene.want(), 1);
});

test('replicas that are there and do not answer have to be replaced', () => {
  using scene = new Scene();
  scene.demand = { ...scene.demand, waiting: 1 };
  assert.equal(scene.want({ pods: 1, silent: 1 }), 2);
});
