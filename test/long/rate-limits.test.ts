/** Limits over a minute, and a flood of requests that are refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { eventually } from '../support/eventually.ts';
import { twoGateways } from '../support/gateway-pods.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { type Outcomes, type PacedLoad, sendPaced } from '../support/paced-load.ts';
import { useSystem } from '../support/system.ts';
import type { Flood, FloodCount } from './rate-flood.ts';

const system = useSystem();
const ONE_BY_ONE = { skip: !system.local && 'not checked: gateways cannot be reached one by one from here' };
const LIMIT = { requests: 100, seconds: 1, burst: 100, by: 'Function' } as const;
const FLOOD_PER_SECOND = 5_000;
/** The other function is asked alone and beside the flood by turns, so that what else the machine does holds up both alike. */
const TURNS = 8;
const TURN_SECONDS = 1;
const CALM_PER_SECOND = 200;
const WORST_RATIO = 3;
/** Where it takes longer than that without a flood, what it takes beside one says nothing of the flood. */
const QUIET_P99_MS = 50;
const TRIES = 5;

const failedOf = (all: readonly Outcomes[]) => all.reduce((sum, { failed }) => sum + failed, 0);
const passedOf = (all: readonly Outcomes[]) => all.reduce((sum, { passed }) => sum + passed, 0);

function p99(all: readonly Outcomes[]): number {
  const sorted = all.flatMap(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

/** A flood in a thread of its own. */
class Flooding implements AsyncDisposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async open(flood: Flood): Promise<Flooding> {
    const worker = new Worker(new URL('./rate-flood.ts', import.meta.url), { workerData: flood });
    await once(worker, 'message');
    return new Flooding(worker);
  }

  begin(): void {
    this.#worker.postMessage('on');
  }

  async end(): Promise<FloodCount> {
    this.#worker.postMessage('off');
    const [count] = await once(this.#worker, 'message');
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

/** What the calm function takes alone and beside the flood, by turns, and what became of the flood. */
async function byTurns(calmly: readonly PacedLoad[], flooding: Flooding) {
  const alone: Outcomes[] = [];
  const beside: Outcomes[] = [];
  const flooded: FloodCount = { refused: 0, others: 0 };
  for (let turn = 0; turn < TURNS; turn += 1) {
    alone.push(...(await sendPaced(calmly, TURN_SECONDS)));
    flooding.begin();
    beside.push(...(await sendPaced(calmly, TURN_SECONDS)));
    const { refused, others } = await flooding.end();
    flooded.refused += refused;
    flooded.others += others;
  }
  return { alone, beside, flooded };
}

test(
  'over a minute two gateways let through what one would, within 5 %, while all of the load goes from one to the other and back',
  ONE_BY_ONE,
  async (t) => {
    const [{ url: one }, { url: other }] = await twoGateways(system.kube);
    await using world = await system.world();
    const spec = { rateLimits: [LIMIT], scaling: { minReplicas: 1, maxReplicas: 1 } };
    const { host } = new URL(await world.deploy(manifest(world.namespace, 'limited', HELLO, spec)));
    await eventually('both have a replica', async () => {
      const sent = await sendPaced(
        [one, other].map((to) => ({ to, host, perSecond: 10 })),
        0.2,
      );
      return sent.every(({ passed }) => passed > 0);
    });
    const seconds = 60;
    let passed = 0;
    const beganAtMs = performance.now();
    const turns: [number, number][] = [
      [360, 40],
      [400, 0],
      [0, 400],
      [40, 360],
      [200, 200],
      [400, 0],
    ];
    for (const [first, second] of turns) {
      const loads = [
        { to: one, host, perSecond: first },
        { to: other, host, perSecond: second },
      ];
      passed += passedOf(
        await sendPaced(
          loads.filter(({ perSecond }) => perSecond > 0),
          seconds / turns.length,
        ),
      );
    }
    // Some longer where the machine is busy.
    const lasted = (performance.now() - beganAtMs) / 1000;
    const allowed = Math.round(LIMIT.burst + LIMIT.requests * lasted);
    t.diagnostic(`${passed} of ${allowed} let through`);
    assert.ok(Math.abs(passed / allowed - 1) <= 0.05, `${passed} instead of ${allowed}`);
  },
);

test(
  'a flood of requests that are refused wakes nothing, and holds another function up by little',
  ONE_BY_ONE,
  async (t) => {
    const [{ url: one }, { url: other }] = await twoGateways(system.kube);
    await using world = await system.world();
    const limit = { requests: 1, seconds: 86_400, by: 'Function' } as const;
    const asleep = { rateLimits: [limit], scaling: { idleSeconds: 1, tryOnChange: false } };
    const { host } = new URL(await world.deploy(manifest(world.namespace, 'flooded', HELLO, asleep)));
    const { host: calm } = new URL(
      await world.deploy(manifest(world.namespace, 'calm', HELLO, { scaling: { minReplicas: 1, maxReplicas: 1 } })),
    );
    await eventually('both gateways know that the limit is used up', async () => {
      const sent = await sendPaced(
        [one, other].map((to) => ({ to, host, perSecond: 20 })),
        0.5,
      );
      return sent.every(({ refused, passed }) => refused > 0 && passed === 0);
    });
    await world.function('flooded', 'sleeps', ({ status }) => status?.replicas === 0);
    await eventually('its pods are gone', async () =>
      (await world.pods()).every(({ metadata }) => metadata?.name?.startsWith('calm')),
    );
    const calmly: PacedLoad[] = [one, other].map((to) => ({ to, host: calm, perSecond: CALM_PER_SECOND / 2 }));
    await using flooding = await Flooding.open({ to: [one, other], host, perSecond: FLOOD_PER_SECOND });
    const quietOnes: number[] = [];
    for (let i = 0; i < TRIES && !quietOnes.some((ratio) => ratio <= WORST_RATIO); i += 1) {
      const { alone, beside, flooded } = await byTurns(calmly, flooding);
      const perSecond = Math.round(flooded.refused / TURNS / TURN_SECONDS);
      t.diagnostic(
        `${perSecond} refused a second; p99 of another function ${p99(alone).toFixed(1)} ms alone, ${p99(beside).toFixed(1)} ms beside`,
      );
      assert.deepEqual([flooded.others, failedOf(alone), failedOf(beside)], [0, 0, 0]);
      if (p99(alone) <= QUIET_P99_MS && perSecond >= FLOOD_PER_SECOND * 0.8) quietOnes.push(p99(beside) / p99(alone));
    }
    assert.ok(quietOnes.length > 0, 'the machine is too busy with other things to show what a flood does');
    assert.ok(Math.min(...quietOnes) <= WORST_RATIO, quietOnes.join(' '));
    assert.equal((await world.get('flooded')).status?.replicas, 0);
    const pods = await world.pods();
    assert.ok(pods.every(({ metadata }) => metadata?.name?.startsWith('calm')));
  },
);
