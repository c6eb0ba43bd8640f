/** Limits that are kept in a Redis, as the chart names it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { notChecked } from '#platform/testing/not-checked.ts';
import { freePort } from '../../local/run/free-port.ts';
import { deployLocal } from '../support/deployed-local.ts';
import { eventually } from '../support/eventually.ts';
import { GatewayClient } from '../support/gateway.ts';
import { twoGateways } from '../support/gateway-pods.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { sendPaced } from '../support/paced-load.ts';
import { settings } from '../support/settings.ts';
import { World } from '../support/world.ts';

const SERVER = '/usr/bin/redis-server';
const LIMIT = { requests: 100, seconds: 1, burst: 100, by: 'Function' } as const;
const SECONDS = 15;
const isHere = existsSync(SERVER) && settings.CATNAP_TEST_KUBECONFIG === undefined;

/** In memory alone. */
function startRedis(port: number, dir: string): ChildProcess {
  return spawn(SERVER, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir], { stdio: 'ignore' });
}

async function kill(redis: ChildProcess): Promise<void> {
  const gone = once(redis, 'exit');
  redis.kill('SIGKILL');
  await gone;
}

/** Requests that were decided without it, at all gateways. */
async function fallbacks(metrics: readonly string[]): Promise<number> {
  const texts = await Promise.all(metrics.map(async (url) => (await fetch(url)).text()));
  const values = texts.map((text) => /^catnap_activator_rate_limit_redis_fallbacks_total (\d+)/m.exec(text)?.[1]);
  assert.ok(!values.includes(undefined), 'the metric is there');
  return values.reduce((sum, value) => sum + Number(value), 0);
}

test('two gateways let through what the limit says, within 1 %, and within 15 % when the Redis is gone', {
  skip: !isHere && `not checked: no ${SERVER}, or not a cluster of this machine`,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-redis-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const port = await freePort();
  const redis = startRedis(port, dir);
  stack.defer(async () => {
    if (redis.signalCode === null) await kill(redis);
  });
  const system = stack.use(await deployLocal({ rateLimits: { redis: { url: `redis://127.0.0.1:${port}` } } }));
  const gateway = stack.use(new GatewayClient(system.gateway));
  const world = stack.use(await World.create(system.kube, gateway));
  const pods = await twoGateways(system.kube);
  const spec = { rateLimits: [LIMIT], scaling: { minReplicas: 1, maxReplicas: 1 } };
  const url = await world.deploy(manifest(world.namespace, 'limited', HELLO, spec));
  const { host } = new URL(url);
  const [{ url: one }, { url: other }] = pods;
  await eventually('both have a replica', async () => {
    const loads = [one, other].map((to) => ({ to, host, perSecond: 10 }));
    return (await sendPaced(loads, 0.2)).every(({ passed }) => passed > 0);
  });
  const skewed = async () => {
    await eventually('the limit is filled up', async () => {
      const { headers } = await gateway.call(url);
      return String(headers.ratelimit).includes(';r=99;');
    });
    const loads = [
      { to: one, host, perSecond: 270 },
      { to: other, host, perSecond: 30 },
    ];
    const sent = await sendPaced(loads, SECONDS);
    assert.equal(
      sent.reduce((sum, { failed }) => sum + failed, 0),
      0,
    );
    const lasted = Math.max(SECONDS, ...sent.map(({ lastSeconds }) => lastSeconds));
    const passed = sent.reduce((sum, one) => sum + one.passed, 0);
    return { passed, allowed: Math.round(LIMIT.burst + LIMIT.requests * lasted) };
  };
  const metrics = pods.map((pod) => pod.metrics);
  const fallenBack = await fallbacks(metrics);
  const exactly = await skewed();
  // On a machine that is so busy that Redis takes over 50 ms, some were decided without it.
  const decidedWithout = (await fallbacks(metrics)) - fallenBack;
  t.diagnostic(
    `${exactly.passed} of ${exactly.allowed} let through, ${decidedWithout} requests decided without the Redis`,
  );
  const off = Math.abs(exactly.passed / exactly.allowed - 1);
  if (decidedWithout > 0)
    notChecked('that limits in a Redis hold within 1 %: the machine was too busy for it to answer');
  assert.ok(off <= (decidedWithout > 0 ? 0.15 : 0.01), `${exactly.passed} instead of ${exactly.allowed}`);
  await kill(redis);
  const without = await skewed();
  t.diagnostic(`${without.passed} of ${without.allowed} without the Redis`);
  assert.ok(Math.abs(without.passed / without.allowed - 1) <= 0.15, `${without.passed} instead of ${without.allowed}`);
});
