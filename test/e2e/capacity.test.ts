import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const REPLICAS = 4;
const version = (namespace: string, n: number): Manifest =>
  manifest(namespace, 'provisioned', `export default () => 'version ${n}';`, {
    scaling: { minReplicas: REPLICAS, maxReplicas: 20, idleSeconds: 3600 },
  });

/** Replicas that are ready, those on their way out left out. */
async function readyPods(world: World): Promise<number> {
  const pods = await world.pods('provisioned');
  const isReady = (type: string, status: string) => type === 'Ready' && status === 'True';
  return pods.filter(
    ({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined && status?.conditions?.some((one) => isReady(one.type, one.status)),
  ).length;
}

async function provisioned(world: World): Promise<string> {
  const url = await world.deploy(version(world.namespace, 1));
  await world.function('provisioned', 'has all replicas', (fn) => fn.status?.readyReplicas === REPLICAS);
  assert.equal((await world.call(url)).text, 'version 1');
  return url;
}

/** Changes it, and returns the fewest replicas that were ready at once until the change had all of them. */
async function fewestWhileChanging(world: World, url: string): Promise<number> {
  const before = (await world.get('provisioned')).status?.revision;
  await world.apply(version(world.namespace, 2));
  let fewest = REPLICAS;
  let moved = false;
  const deadline = performance.now() + 60_000;
  while (!moved && performance.now() < deadline) {
    fewest = Math.min(fewest, await readyPods(world));
    assert.equal((await world.call(url)).status, 200);
    const { status } = await world.get('provisioned');
    moved = status?.revision !== before && status?.readyReplicas === REPLICAS;
  }
  assert.ok(moved, 'the change has the traffic and all replicas');
  assert.equal((await world.call(url)).text, 'version 2');
  return fewest;
}

test('a change of a function that always has replicas takes none away before the new ones answer', async () => {
  await using world = await system.world();
  const url = await provisioned(world);
  assert.equal(await fewestWhileChanging(world, url), REPLICAS);
});

test('where a quota holds one replica more and no second set, the change goes through step by step', async () => {
  await using world = await system.world();
  const url = await provisioned(world);
  await world.quota('tight', { pods: String(REPLICAS + 1) });
  const fewest = await fewestWhileChanging(world, url);
  assert.ok(fewest >= REPLICAS / 2, `${fewest} of ${REPLICAS} at the least`);
});
