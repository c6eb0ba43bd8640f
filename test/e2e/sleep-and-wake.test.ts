import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LABEL } from '#api/names.ts';
import { isAborted } from '#platform/kube/error.ts';
import { DEPLOYMENTS, PODS } from '#platform/kube/resources.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition } from '../support/world.ts';

const system = useSystem();

test('a function created while idle is ready at zero and never starts a pod', async () => {
  await using world = await system.world();
  const seen: string[] = [];
  const stop = new AbortController();
  const from = await world.kube.list(PODS, { namespace: world.namespace, signal: world.soon() });
  const watching = (async () => {
    const options = { namespace: world.namespace, resourceVersion: from.metadata.resourceVersion, signal: stop.signal };
    for await (const event of world.kube.watch(PODS, options)) {
      if (event.type !== 'BOOKMARK') seen.push(`${event.type} ${event.object.metadata?.name}`);
    }
  })().catch((error: Error) => error);

  await world.deploy(manifest(world.namespace, 'idle', HELLO));
  const fn = await world.function('idle', 'is at zero', (f) => f.status?.replicas === 0);
  assert.equal(condition(fn, 'Ready')?.reason, 'Untried');
  assert.equal(condition(fn, 'Active')?.status, 'False');
  // A Deployment that was ever above zero has been through more than its first generation's scale.
  const deployments = await world.kube.listAll(DEPLOYMENTS, {
    namespace: world.namespace,
    labelSelector: `${LABEL.function}=idle`,
    signal: world.soon(),
  });
  assert.deepEqual(
    deployments.items.map((d) => [d.metadata?.name, d.spec?.replicas]),
    [[fn.status?.latestRevision, 0]],
  );
  // A second apply, as a GitOps tool does every few minutes, starts nothing either.
  await world.apply(manifest(world.namespace, 'idle', HELLO, { scaling: { maxReplicas: 7 } }));
  await world.function(
    'idle',
    'has seen the second apply',
    (f) => f.status?.observedGeneration === f.metadata.generation,
  );
  stop.abort();
  assert.ok(isAborted(await watching));
  assert.deepEqual(seen, []);
});

test('a request wakes it, it goes back to sleep, and the next request wakes it again', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO));

  const first = await world.call(url, { path: '/?name=you' });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(JSON.parse(first.text), { hello: 'you' });
  assert.equal(first.headers['x-catnap-cold-start'], 'true');
  assert.match(String(first.headers['server-timing']), /queue;dur=[\d.]+, cold;dur=[\d.]+, fn;dur=[\d.]+/);

  const second = await world.call(url);
  assert.equal(second.status, 200);
  assert.equal(second.headers['x-catnap-cold-start'], 'false');

  const asleep = await world.asleep('hello');
  assert.equal(condition(asleep, 'Ready')?.status, 'True');
  assert.equal(condition(asleep, 'Ready')?.reason, 'ScaledToZero');

  const third = await world.call(url);
  assert.equal(third.status, 200);
  assert.equal(third.headers['x-catnap-cold-start'], 'true');
});

test('it stays awake while a request runs, however long that takes beyond idleSeconds', async () => {
  await using world = await system.world();
  const slow = `import { setTimeout as sleep } from 'node:timers/promises';
    export default async () => { await sleep(6000); return 'done'; };`;
  const url = await world.deploy(manifest(world.namespace, 'slow', slow, { scaling: { idleSeconds: 1 } }));
  const answer = await world.call(url);
  assert.equal(answer.text, 'done');
  await world.asleep('slow');
});

test('minReplicas keeps replicas that no request asked for', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'warm', HELLO, { scaling: { minReplicas: 2 } }));
  const fn = await world.function('warm', 'has two ready replicas', (f) => f.status?.readyReplicas === 2);
  assert.equal(condition(fn, 'Ready')?.reason, 'Ready');
  const answer = await world.call(String(fn.status?.url));
  assert.equal(answer.headers['x-catnap-cold-start'], 'false');
});
