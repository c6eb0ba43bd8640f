/** What a start that goes well leaves in `kubectl get events`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENTS, type KubeEvent } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, type World } from '../support/world.ts';

const system = useSystem();

async function events(world: World): Promise<KubeEvent[]> {
  return (await world.kube.listAll(EVENTS, { namespace: world.namespace, signal: world.soon() })).items;
}

/** Starts the function by its first request and waits until kubelet has found it ready. */
async function start(world: World, function_: Manifest): Promise<void> {
  const { name } = function_.metadata;
  const url = await world.deploy(function_);
  assert.equal((await world.call(url)).status, 200);
  await world.function(name, 'is ready with a replica', (fn) => fn.status?.readyReplicas === 1);
  const [pod] = await world.pods(name);
  await eventually('the Event of the start', async () =>
    (await events(world)).some(
      (event) => event.reason === 'Started' && event.involvedObject.uid === pod?.metadata?.uid,
    ),
  );
}

/** But for what a busy node says of itself. */
async function warnings(world: World): Promise<string[]> {
  const all = (await events(world)).filter(({ type }) => type === 'Warning').map((e) => `${e.reason}: ${e.message}`);
  return all.filter((text) => !text.includes('failed to sync configmap cache'));
}

test('a start leaves no Warning', async () => {
  await using world = await system.world();
  const scaling = { idleSeconds: 60 };
  for (const name of ['a', 'b', 'c']) await start(world, manifest(world.namespace, name, HELLO, { scaling }));
  assert.deepEqual(await warnings(world), []);
});

test("the start of a user's image leaves no Warning", {
  skip: system.image === undefined && 'not checked: no CATNAP_TEST_IMAGE',
}, async () => {
  await using world = await system.world();
  const { spec, ...rest } = manifest(world.namespace, 'image', HELLO, { scaling: { idleSeconds: 60 } });
  const { source: _, ...others } = spec;
  await start(world, { ...rest, spec: { ...others, image: system.image } } as Manifest);
  assert.deepEqual(await warnings(world), []);
});

test('a gateway is answered before kubelet has found the replica ready', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'quick', HELLO, { scaling: { idleSeconds: 60 } }));
  assert.equal((await world.call(url)).status, 200);
  const [pod] = await world.pods('quick');
  assert.ok(pod, 'its pod is there');
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.notEqual(ready?.status, 'True', 'the answer did not wait for kubelet');
  const fn = await world.function('quick', 'is ready with a replica', (f) => f.status?.readyReplicas === 1);
  assert.equal(condition(fn, 'Ready')?.status, 'True');
});
