import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEPLOYMENTS, SERVICES } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed } from '../support/world.ts';

const system = useSystem();

test("a Function named like somebody else's Service leaves it alone and says NameTaken", async () => {
  await using world = await system.world();
  const spec = { ports: [{ port: 80 }], selector: { app: 'theirs' } };
  await world.put(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: world.ref('taken'), spec } as never);
  const before = await world.kube.get(SERVICES, world.ref('taken'), { signal: world.soon() });
  await world.apply(manifest(world.namespace, 'taken', HELLO));
  const fn = await world.function(
    'taken',
    'says NameTaken',
    (f) => observed(f) && condition(f, 'Ready')?.reason === 'NameTaken',
  );
  assert.equal(condition(fn, 'Ready')?.status, 'False');
  assert.match(String(condition(fn, 'Ready')?.message), /Service.*taken/);
  assert.deepEqual(await world.kube.get(SERVICES, world.ref('taken'), { signal: world.soon() }), before);

  await world.kube.delete(SERVICES, world.ref('taken'), { signal: world.soon() });
  await world.ready('taken');
});

test("a Function named like somebody else's Deployment leaves it alone and works beside it", async () => {
  await using world = await system.world();
  const labels = { app: 'theirs' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'localhost:1/theirs:1' }] } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  await world.put(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: world.ref('web'),
    spec,
  } as never);
  const url = await world.deploy(manifest(world.namespace, 'web', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await world.asleep('web');
  const theirs = await world.kube.get(DEPLOYMENTS, world.ref('web'), { signal: world.soon() });
  assert.equal(theirs.metadata?.generation, 1);
  assert.equal(theirs.metadata?.ownerReferences, undefined);
});

test('a function deleted takes its children with it, and the gateway forgets it', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'gone', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await world.kube.delete(
    { group: 'catnap.dev', version: 'v1alpha1', plural: 'functions', kind: 'Function', namespaced: true },
    world.ref('gone'),
    { signal: world.soon() },
  );
  await eventually('the gateway answers 404', async () => (await world.call(url)).status === 404);
  await eventually(
    'nothing is left',
    async () => {
      const options = { namespace: world.namespace, signal: world.soon() };
      const [deployments, services] = [
        await world.kube.listAll(DEPLOYMENTS, options),
        await world.kube.listAll(SERVICES, options),
      ];
      return deployments.items.length + services.items.length + (await world.pods()).length === 0;
    },
    60_000,
  );
});
