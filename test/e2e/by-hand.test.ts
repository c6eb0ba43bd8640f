import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LABEL } from '#api/names.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type Deployment, NAMESPACES } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();

async function deployments(world: World, name: string): Promise<Deployment[]> {
  const labelSelector = `${LABEL.function}=${name}`;
  return (await world.kube.listAll(DEPLOYMENTS, { namespace: world.namespace, labelSelector, signal: world.soon() }))
    .items;
}

async function onlyDeployment(world: World, name: string): Promise<Deployment> {
  const [only, ...more] = await deployments(world, name);
  if (only === undefined || more.length > 0) throw new Error(`${name} has ${more.length + (only ? 1 : 0)} Deployments`);
  return only;
}

function scale(world: World, deployment: Deployment, replicas: number): Promise<unknown> {
  const patch = { type: 'merge', body: { spec: { replicas } } } as const;
  return world.kube.patch(DEPLOYMENTS, world.ref(String(deployment.metadata?.name)), patch, { signal: world.soon() });
}

test('requests that come exactly while it goes to sleep are all answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'drowsy', HELLO, { scaling: { idleSeconds: 1 } }));
  for (const round of [1, 2, 3, 4]) {
    assert.equal((await world.call(url)).status, 200);
    await eventually('it is told to sleep', async () => {
      const { spec } = await onlyDeployment(world, 'drowsy');
      return spec?.replicas === 0;
    });
    const answers = await Promise.all([
      world.call(url),
      world.call(url, { method: 'POST', body: 'x'.repeat(100_000) }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
      `round ${round}`,
    );
  }
});

test('scaled by kubectl, up and down under load: every request is answered, and it sleeps again', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'scaled', HELLO));
  await scale(world, await onlyDeployment(world, 'scaled'), 3);
  await eventually('three pods', async () => (await world.pods('scaled')).length === 3);
  assert.equal((await world.call(url)).status, 200);
  const load = Array.from({ length: 20 }, () => world.call(url));
  await scale(world, await onlyDeployment(world, 'scaled'), 0);
  const answers = await Promise.all([...load, world.call(url)]);
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  await world.asleep('scaled');
});

test('a Deployment that somebody deleted is made again, and no request notices', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'bereft', HELLO));
  const { metadata } = await onlyDeployment(world, 'bereft');
  await world.kube.delete(DEPLOYMENTS, world.ref(String(metadata?.name)), { signal: world.soon() });
  assert.equal((await world.call(url)).status, 200);
  assert.notEqual((await onlyDeployment(world, 'bereft')).metadata?.uid, metadata?.uid);
});

test('a bundle that somebody deleted is made again, and the function wakes by itself once its pod has it', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'robbed', HELLO));
  const labelSelector = `${LABEL.function}=robbed`;
  const options = { namespace: world.namespace, labelSelector, signal: world.soon() };
  const [bundle] = (await world.kube.listAll(CONFIG_MAPS, options)).items;
  await world.kube.delete(CONFIG_MAPS, world.ref(String(bundle?.metadata?.name)), { signal: world.soon() });
  await eventually('it answers', async () => (await world.call(url)).status === 200, 60_000);
  const [again] = (await world.kube.listAll(CONFIG_MAPS, { ...options, signal: world.soon() })).items;
  assert.equal(again?.metadata?.name, bundle?.metadata?.name);
});

test('a Function that a finalizer holds is not served any more and keeps no pods', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'held', HELLO, { scaling: { minReplicas: 1 } }));
  assert.equal((await world.call(url)).status, 200);
  const hold = (finalizers: string[]) =>
    world.kube.patch(
      FUNCTION,
      world.ref('held'),
      { type: 'merge', body: { metadata: { finalizers } } },
      {
        signal: world.soon(),
      },
    );
  await hold(['example.com/hold']);
  await world.kube.delete(FUNCTION, world.ref('held'), { signal: world.soon() });
  await eventually('it is not served', async () => (await world.call(url)).status === 404);
  await eventually('its pods are gone', async () => (await world.pods('held')).length === 0);
  await hold([]);
  await eventually('its children are collected', async () => (await deployments(world, 'held')).length === 0);
});

test('twenty changes in a row under traffic: no request fails, the last change wins, old revisions go', async () => {
  await using world = await system.world();
  const version = (n: number) => manifest(world.namespace, 'hurried', `export default () => 'version ${n}';`);
  const url = await world.deploy(version(0));
  const answers: Promise<number>[] = [];
  for (let n = 1; n <= 20; n += 1) {
    answers.push(world.call(url).then(({ status }) => status));
    await world.apply(version(n));
  }
  await eventually('the last one answers', async () => {
    const { status, text } = await world.call(url);
    assert.equal(status, 200);
    return text === 'version 20';
  });
  assert.deepEqual([...new Set(await Promise.all(answers))], [200]);
  await world.asleep('hurried');
  await eventually('old revisions are gone', async () => {
    const bundles = await world.kube.listAll(CONFIG_MAPS, {
      namespace: world.namespace,
      labelSelector: `${LABEL.function}=hurried`,
      signal: world.soon(),
    });
    return (await deployments(world, 'hurried')).length <= 3 && bundles.items.length <= 3;
  });
});

test('functions of the same name in two namespaces are two functions', async () => {
  await using here = await system.world();
  await using there = await system.world();
  const urls = [
    await here.deploy(manifest(here.namespace, 'same', `export default () => 'here';`)),
    await there.deploy(manifest(there.namespace, 'same', `export default () => 'there';`)),
  ];
  const texts = await Promise.all(urls.map(async (url) => (await here.call(url)).text));
  assert.deepEqual(texts, ['here', 'there']);
});

test('a namespace that enforces the restricted Pod Security profile admits the pods of source functions', async () => {
  await using world = await system.world();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const patch = { type: 'merge', body: { metadata: { labels } } } as const;
  await world.kube.patch(NAMESPACES, { name: world.namespace }, patch, { signal: world.soon() });
  await world.secret('key', { value: 'secret' });
  const spec = { secrets: [{ name: 'key' }] };
  const url = await world.deploy(manifest(world.namespace, 'restricted', HELLO, spec));
  assert.equal((await world.call(url)).status, 200);
});

test('it admits the pods of an image that is said not to run as root', async () => {
  await using world = await system.world();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const patch = { type: 'merge', body: { metadata: { labels } } } as const;
  await world.kube.patch(NAMESPACES, { name: world.namespace }, patch, { signal: world.soon() });
  const { spec, ...rest } = manifest(world.namespace, 'modest', '');
  const { source: _none, ...others } = spec;
  const securityContext = { runAsNonRoot: true, runAsUser: 65_532 };
  const url = await world.deploy({ ...rest, spec: { ...others, image: system.image, securityContext } });
  assert.equal((await world.call(url)).status, 200);
});
