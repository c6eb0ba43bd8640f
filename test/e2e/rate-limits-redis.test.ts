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
import { gatewayPods } from '../support/gateway-pods.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { sendPaced } from '../support/paced-load.ts';
import { settings } from '../support/settings.ts';
import { World } from '../support/world.ts';

const SERVER = '/usr/bin/redis-server';
const LIMIT = { requests: 100, seconds: 1, burst: 100, by: 'Function' } as const;
const SECONDS = 15;
const isHere = existsSync(SERVER) && settings.CATNAP_TEST_KUBECONFIG === undefined;
if (!isHere) notChecked(`limits of a whole installation in a Redis: no ${SERVER}, or not a cluster of this machine`);

/** In memory alone. */
function startRedis(port: number, dir: string): ChildProcess {
  return spawn(SERVER, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir], { stdio: 'ignore' });
}

async function kill(redis: ChildProcess): Promise<void> {
  const gone = once(redis, 'exit');
  redis.kill('SIGKILL');
  await gone;
}

test('two gateways let through what the limit says, within 1 %, and within 15 % when the Redis is gone', {
  skip: !isHere,
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
  const pods = await eventually('two gateways are ready', async () => {
    const ready = await gatewayPods(system.kube);
    return ready.length >= 2 && ready;
  });
  const spec = { rateLimits: [LIMIT], scaling: { minReplicas: 1, maxReplicas: 1 } };
  const url = await world.deploy(manifest(world.namespace, 'limited', HELLO, spec));
  const { host } = new URL(url);
  const [one, other] = pods.map(({ url }) => url) as [string, string];
  await eventually('both have a replica', async () => {
    const loads = [one, other].map((to) => ({ to, host, perSecond: 10 }));
    return (await sendPaced(loads, 0.2)).every(({ passed }) => passed > 0);
  });
  const allowed = LIMIT.burst + LIMIT.requests * SECONDS;
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
    return sent.reduce((sum, { passed }) => sum + passed, 0);
  };
  const exactly = await skewed();
  t.diagnostic(`${exactly} of ${allowed} let through`);
  assert.ok(Math.abs(exactly / allowed - 1) <= 0.01, `${exactly} instead of ${allowed}`);
  await kill(redis);
  const without = await skewed();
  t.diagnostic(`${without} of ${allowed} without the Redis`);
  assert.ok(Math.abs(without / allowed - 1) <= 0.15, `${without} instead of ${allowed}`);
});
