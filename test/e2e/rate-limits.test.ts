/** Limits that two gateways share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PODS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayPod, twoGateways } from '../support/gateway-pods.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { type Outcomes, sendPaced } from '../support/paced-load.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const ONE_BY_ONE = { skip: !system.local && 'not checked: gateways cannot be reached one by one from here' };
const HOUR = 3_600;
const LIMIT = { requests: 100, seconds: 1, burst: 100 } as const;

/** Deploys an awake function with this limit, and waits until its gateways keep it. */
async function limited(world: World, by: 'Function' | 'Client', gateways: readonly GatewayPod[]): Promise<string> {
  const spec = { rateLimits: [{ ...LIMIT, by }], scaling: { minReplicas: 1, maxReplicas: 1 } };
  const { host } = new URL(await world.deploy(manifest(world.namespace, 'limited', HELLO, spec)));
  for (const { url } of gateways) {
    await eventually('the gateway has the limit, and a replica', async () => {
      const [sent] = await sendPaced([{ to: url, host, perSecond: 10 }], 0.2);
      return (sent?.passed ?? 0) > 0;
    });
  }
  return host;
}

const sum = (all: readonly Outcomes[], what: 'passed' | 'refused' | 'failed') =>
  all.reduce((total, one) => total + one[what], 0);

test(
  'two gateways let through together what one would, within 5 %, with nine tenths of the load to one of them',
  ONE_BY_ONE,
  async (t) => {
    const gateways = await twoGateways(system.kube);
    await using world = await system.world();
    const host = await limited(world, 'Function', gateways);
    const [one, other] = gateways;
    const seconds = 15;
    const sent = await sendPaced(
      [
        { to: one.url, host, perSecond: 360 },
        { to: other.url, host, perSecond: 40 },
      ],
      seconds,
    );
    const allowed = LIMIT.burst + LIMIT.requests * Math.max(seconds, ...sent.map(({ lastSeconds }) => lastSeconds));
    const passed = sum(sent, 'passed');
    t.diagnostic(`${passed} of ${Math.round(allowed)} let through, ${sum(sent, 'refused')} refused`);
    assert.equal(sum(sent, 'failed'), 0);
    assert.ok(Math.abs(passed / allowed - 1) <= 0.05, `${passed} instead of ${allowed}`);
  },
);

test('a gateway that is killed leaves its share to the other one', ONE_BY_ONE, async (t) => {
  const gateways = await twoGateways(system.kube);
  await using world = await system.world();
  const host = await limited(world, 'Client', gateways);
  const [one, other] = gateways;
  const seconds = 15;
  let killed: Promise<unknown> | undefined;
  const sent = await sendPaced(
    [
      { to: one.url, host, perSecond: 200 },
      { to: other.url, host, perSecond: 200 },
    ],
    seconds,
    (second) => {
      if (second !== 5) return;
      const ref = { namespace: one.namespace, name: one.name };
      killed = system.kube.delete(PODS, ref, { gracePeriodSeconds: 0, signal: world.soon() });
    },
  );
  await killed;
  const allowed = LIMIT.burst + LIMIT.requests * Math.max(seconds, ...sent.map(({ lastSeconds }) => lastSeconds));
  const passed = sum(sent, 'passed');
  t.diagnostic(
    `${passed} of ${Math.round(allowed)} let through, ${sum(sent, 'failed')} failed at the one that was killed`,
  );
  assert.equal(sent[1]?.failed, 0);
  assert.ok(Math.abs(passed / allowed - 1) <= 0.15, `${passed} instead of ${allowed}`);
});

test('requests beyond the limit of a function that sleeps wake nothing', async () => {
  await using world = await system.world();
  const rateLimits = [{ requests: 1, seconds: HOUR, by: 'Function' as const }];
  const spec = { rateLimits, scaling: { idleSeconds: 1, tryOnChange: false } };
  const url = await world.deploy(manifest(world.namespace, 'asleep', HELLO, spec));
  const through: number[] = [];
  await eventually('both gateways have let through what they may', async () => {
    const { status } = await world.call(url);
    if (status === 200) through.push(status);
    return status === 429 && through.length >= 1;
  });
  await world.function('asleep', 'sleeps again', ({ status }) => status?.replicas === 0);
  await eventually('its pods are gone', async () => (await world.pods()).length === 0);
  const answers = await Promise.all(Array.from({ length: 300 }, () => world.call(url)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([429]));
  assert.deepEqual(await world.pods(), []);
  assert.equal((await world.get('asleep')).status?.replicas, 0);
});
