// Longer than 250 lines: one world of one function, look by look.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionStatus } from '#api/function-status.ts';
import { createLog } from '#platform/process/log.ts';
import { aDeployment, aFunction } from '../testing/builders.ts';
import { Autoscaler } from './autoscaler.ts';
import type { AutoscalerOptions, ScaledFunction, Scaling } from './options.ts';
import type { ActivatorSample } from './parse-metrics.ts';
import { ReplicaWriter } from './replica-writer.ts';

const KEY = 'default/hello';
const log = createLog({ service: 'test', level: 'silent' });
const status = { revision: 'hello-1', latestRevision: 'hello-1' };

const aSample = (concurrencySeconds: number, concurrency: number): ActivatorSample => ({
  loads: new Map([['hello-1', { concurrencySeconds, concurrency, requests: concurrency }]]),
});

/** A world of one function: `replicas` is what the API server has. Ends itself after the test. */
class World implements AsyncDisposable {
  replicas: number;
  sample: ActivatorSample = aSample(0, 0);
  readonly decisions: number[] = [];
  readonly gone: string[] = [];
  /** Functions that were asked for beside those that are awake, at each look. */
  readonly asked: string[][] = [];
  /** When, on the same clock. */
  readonly learnedAtMs: number[] = [];
  exists = true;
  /** Milliseconds that pass with each look. */
  nowMs = 0;
  refuse = false;
  /** Of the revision before, of which all writes are taken; undefined: there is none. */
  replicasBefore: number | undefined;
  /** The status has none any more. */
  trialIsOver = false;
  /** Looks that fail from here on, each before anything is measured. */
  failing = 0;
  atMost: number | undefined;
  readonly scalings = new Map<string, Scaling>();
  autoscaler: Autoscaler;
  #looks = 0;
  /** Times that the function was looked at, with or without its metrics. */
  turns = 0;
  #onLook: (() => void)[] = [];

  constructor(replicas: number, spec: Parameters<typeof aFunction>[0], more: FunctionStatus = {}) {
    this.replicas = replicas;
    const fn = aFunction(spec, { status: { ...status, ...more } });
    const options: AutoscalerOptions = {
      everyMs: 1,
      functions: (also) => {
        this.asked.push([...also]);
        if (this.failing > 0) {
          this.failing -= 1;
          throw new Error('what is held of a Function cannot be read');
        }
        return this.exists ? [this.#scaled(fn)] : [];
      },
      exists: () => this.exists,
      asleep: () => {
        this.turns += 1;
        return this.replicas === 0 && fn.spec.scaling.minReplicas === 0;
      },
      scrape: async () => {
        this.nowMs += 1000;
        this.#looks += 1;
        for (const tell of this.#onLook.splice(0)) tell();
        return { activators: new Map([['a', new Map([[KEY, this.sample]])]]) };
      },
      writer: new ReplicaWriter({
        setReplicas: async ({ metadata }, wanted) => {
          if (metadata?.name === 'hello-0') {
            this.replicasBefore = wanted;
            return;
          }
          if (this.refuse) throw new Error('conflict');
          this.replicas = wanted;
        },
        log,
      }),
      scalings: this.scalings,
      atMost: () => this.atMost,
      isConflict: (error) => error instanceof Error && error.message === 'conflict',
      onDecision: (_key, wanted) => this.decisions.push(wanted),
      onLearned: () => this.learnedAtMs.push(this.nowMs),
      onGone: (key) => this.gone.push(key),
      log,
      nowMs: () => this.nowMs,
    };
    this.autoscaler = new Autoscaler(options);
  }

  #scaled(fn: ScaledFunction['fn']): ScaledFunction {
    const deployments = new Map([['hello-1', aDeployment({ replicas: this.replicas })]]);
    const replicas = this.replicasBefore;
    if (replicas !== undefined) deployments.set('hello-0', aDeployment({ revision: 'hello-0', replicas }));
    const { trial: _over, ...status } = fn.status ?? {};
    return { key: KEY, fn: this.trialIsOver ? { ...fn, status } : fn, deployments };
  }

  /** Resolves when `count` more looks were taken and what followed from them was done. */
  async looks(count: number): Promise<void> {
    for (const until = this.#looks + count; this.#looks < until + 1; ) {
      await new Promise<void>((resolve) => this.#onLook.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.autoscaler[Symbol.asyncDispose]();
  }
}

test('an idle function goes to zero, and the decision says why', async () => {
  await using world = new World(1, { scaling: { idleSeconds: 3 } });
  await world.looks(8);
  assert.equal(world.replicas, 0);
  assert.equal(world.decisions.at(-1), 0);
  const scaling = world.scalings.get('uid-of-hello');
  assert.equal(scaling?.desired, 0);
  assert.match(scaling?.reason ?? '', /no requests for 3 s/);
});

test('a look that fails is one look, and the next one decides', async () => {
  await using world = new World(1, { scaling: { idleSeconds: 3 } });
  world.failing = 2;
  await world.looks(8);
  assert.equal(world.failing, 0);
  assert.equal(world.replicas, 0);
});

test('a replica that is only tried stays beyond idleSeconds, and the decision says what it is for', async () => {
  const trial = { revision: 'hello-1', startedAt: new Date(0).toISOString() };
  await using world = new World(1, { scaling: { idleSeconds: 3 } }, { trial });
  await world.looks(20);
  assert.equal(world.replicas, 1);
  assert.equal(world.scalings.get('uid-of-hello')?.reason, 'a new revision is being tried');
  // A second passes with each look: by then it is no longer a try.
  await world.looks(600);
  assert.equal(world.replicas, 0);
});

test('a try that is over is no reason any more, though the number of replicas stays', async () => {
  const trial = { revision: 'hello-1', startedAt: new Date(0).toISOString() };
  await using world = new World(1, { scaling: { minReplicas: 1 } }, { trial });
  await world.looks(3);
  const tried = world.scalings.get('uid-of-hello');
  assert.equal(tried?.reason, 'a new revision is being tried');
  world.trialIsOver = true;
  await world.looks(3);
  const after = world.scalings.get('uid-of-hello');
  assert.deepEqual([after?.desired, after?.lastScaleTime], [1, tried?.lastScaleTime]);
  assert.doesNotMatch(after?.reason ?? '', /tried/);
  const decisions = world.decisions.length;
  await world.looks(5);
  assert.equal(world.decisions.length, decisions);
});

test('what was written for another revision is no decision for the one that is scaled', async () => {
  await using world = new World(1, { scaling: { idleSeconds: 2 } });
  world.replicasBefore = 1;
  world.refuse = true;
  await world.looks(8);
  assert.equal(world.replicasBefore, 0);
  assert.equal(world.decisions.includes(0), false);
});

test('a busy one grows with its demand', async () => {
  await using world = new World(1, { concurrency: { target: 1 } });
  world.sample = aSample(0, 3);
  await world.looks(2);
  world.sample = aSample(30, 3);
  await world.looks(3);
  assert.ok(world.replicas > 1);
});

test('a write that is refused is no decision; the next look decides anew', async () => {
  await using world = new World(1, { scaling: { idleSeconds: 2 } });
  world.refuse = true;
  await world.looks(8);
  assert.equal(world.replicas, 1);
  assert.equal(world.decisions.includes(0), false);
  world.refuse = false;
  await world.looks(3);
  assert.equal(world.replicas, 0);
});

test('a function that is gone is forgotten', async () => {
  await using world = new World(1, {});
  await world.looks(2);
  world.exists = false;
  await world.looks(2);
  assert.deepEqual(world.gone, [KEY]);
  assert.equal(world.scalings.get('uid-of-hello'), undefined);
});

test('of a function that came later and is awake when it is first seen, the gateway woke it', async () => {
  await using world = new World(0, {});
  world.exists = false;
  await world.looks(2);
  world.replicas = 1;
  world.exists = true;
  await world.looks(2);
  assert.equal(world.scalings.get('uid-of-hello')?.reason, 'the gateway raised it for waiting requests');
});

test('of one that was awake before the operator began nothing else is said', async () => {
  await using world = new World(1, {});
  await world.looks(2);
  assert.match(world.scalings.get('uid-of-hello')?.reason ?? '', /when the operator began to look/);
});

test('while all sleep metrics are asked for more seldom, and each turn again once one is awake', async () => {
  await using world = new World(0, {});
  await world.looks(3);
  assert.ok(world.turns >= 3 * 5, `${world.turns} turns`);
  world.replicas = 1;
  await world.looks(1);
  const before = world.turns;
  await world.looks(5);
  assert.ok(world.turns - before <= 7, `${world.turns - before} turns`);
});

test('while it makes room for the newest revision it has no more than it may, whatever it needs', async () => {
  await using world = new World(4, { scaling: { minReplicas: 4 } });
  world.atMost = 3;
  await world.looks(2);
  assert.equal(world.replicas, 3);
  assert.match(world.scalings.get('uid-of-hello')?.reason ?? '', /at most 3 while they make room/);
  world.atMost = undefined;
  await world.looks(2);
  assert.equal(world.replicas, 4);
});

test('one that must not sleep is started at once', async () => {
  await using world = new World(0, { scaling: { minReplicas: 2 } });
  await world.looks(2);
  assert.equal(world.replicas, 2);
  assert.ok(world.turns <= 4, `${world.turns} turns`);
});

test('what activators learned reaches the status, once a minute at most, and stays through decisions', async () => {
  await using world = new World(1, { scaling: { idleSeconds: 600 } });
  world.sample = { ...world.sample, startSeconds: 0.3 };
  await world.looks(3);
  assert.deepEqual(world.scalings.get('uid-of-hello')?.learned, { startMilliseconds: 300 });
  world.sample = { ...world.sample, startSeconds: 0.6 };
  await world.looks(65);
  assert.deepEqual(world.scalings.get('uid-of-hello')?.learned, { startMilliseconds: 600 });
  assert.equal(world.learnedAtMs.length, 2);
  const [first = 0, second = 0] = world.learnedAtMs;
  assert.ok(second - first >= 60_000, `${second - first} ms`);
});

test('of one that sleeps, and whose status says so, nothing is remembered; one that is busy is looked at though it sleeps', async () => {
  const scaling = { desired: 0, reason: 'no requests', lastScaleTime: '2026-01-01T00:00:00Z' };
  await using world = new World(0, {}, { scaling });
  await world.looks(3);
  assert.equal(world.scalings.has('uid-of-hello'), false);
  assert.deepEqual(world.asked.at(-1), []);
  world.sample = aSample(1, 1);
  await world.looks(2);
  assert.deepEqual(world.asked.at(-1), [KEY]);
  assert.equal(world.replicas, 1);
});
