/** Limits over a minute, and a flood of requests that are refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { eventually } from '../support/eventually.ts';
import { gatewayPods } from '../support/gateway-pods.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { type Outcomes, type PacedLoad, sendPaced } from '../support/paced-load.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const LIMIT = { requests: 100, seconds: 1, burst: 100, by: 'Function' } as const;
const FLOOD_PER_SECOND = 5_000;
const FLOOD_SECONDS = 8;
const WORST_RATIO = 3;
const TRIES = 4;

const passedOf = (all: readonly Outcomes[]) => all.reduce((sum, { passed }) => sum + passed, 0);

function p99(outcomes: Outcomes | undefined): number {
  const sorted = (outcomes?.tookMs ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

async function urlsOfTwo(): Promise<[string, string]> {
  const [one, other] = await eventually('two gateways are ready', async () => {
    const pods = await gatewayPods(system.kube);
    return pods.length >= 2 && pods;
  });
  return [String(one?.url), String(other?.url)];
}

test('over a minute two gateways let through what one would, within 5 %, while all of the load goes from one to the other and back', async (t) => {
  const [one, other] = await urlsOfTwo();
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
});

test('a flood of requests that are refused wakes nothing, and holds another function up by little', async (t) => {
  const [one, other] = await urlsOfTwo();
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
  const calmly: PacedLoad[] = [{ to: one, host: calm, perSecond: 100 }];
  const ratios: number[] = [];
  for (let i = 0; i < TRIES && !ratios.some((ratio) => ratio <= WORST_RATIO); i += 1) {
    const [alone] = await sendPaced(calmly, FLOOD_SECONDS / 2);
    const loads = [one, other].map((to) => ({ to, host, perSecond: FLOOD_PER_SECOND / 2 }));
    const flood = new Worker(new URL('./rate-flood.ts', import.meta.url), {
      workerData: { loads, seconds: FLOOD_SECONDS },
    });
    const over = once(flood, 'message') as Promise<[Outcomes[]]>;
    const [beside] = await sendPaced(calmly, FLOOD_SECONDS);
    const [sent] = await over;
    const refused = sent.reduce((sum, outcomes) => sum + outcomes.refused, 0);
    assert.equal(passedOf(sent), 0);
    assert.ok(refused > (FLOOD_PER_SECOND * FLOOD_SECONDS) / 4, 'the machine has no room for a flood');
    assert.equal(alone?.failed, 0);
    assert.equal(beside?.failed, 0);
    ratios.push(p99(beside) / p99(alone));
    t.diagnostic(
      `${Math.round(refused / FLOOD_SECONDS)} refused a second; p99 of another function ${p99(alone).toFixed(1)} ms alone, ${p99(beside).toFixed(1)} ms beside`,
    );
  }
  assert.ok(Math.min(...ratios) <= WORST_RATIO, ratios.join(' '));
  assert.equal((await world.get('flooded')).status?.replicas, 0);
  const pods = await world.pods();
  assert.ok(pods.every(({ metadata }) => metadata?.name?.startsWith('calm')));
});
