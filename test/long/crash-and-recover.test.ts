import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { traffic as clientsOf } from '../support/traffic.ts';
import type { World } from '../support/world.ts';

const system = useSystem();

const CLIENTS = 2;
const traffic = (world: World, url: string) => clientsOf(world.gateway, url, CLIENTS);

/** All that did not get 200. */
const failures = (seen: Record<string, number>) =>
  Object.entries(seen).flatMap(([what, times]) => (what === '200' ? [] : Array.from({ length: times }, () => what)));

test('kill -9 of the operator under traffic: no request is lost, a change afterwards is carried out, it sleeps again', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await using load = traffic(world, url);
  await system.operator.kill();
  await world.apply(manifest(world.namespace, 'hello', `export default () => ({ hello: 'again' });`));
  await eventually('the change is live', async () => (await world.call(url)).text.includes('again'), 60_000);
  assert.deepEqual(failures(await load.stop()), []);
  await world.asleep('hello');
});

test('kill -9 of the activator under traffic: only what it held is lost', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await system.activator.kill();
  // The other one answers all the while: the one that was killed is back once all of many requests are answered.
  const allAnswered = async () => {
    const calls = Array.from({ length: 20 }, async () => (await world.call(url)).status);
    return (await Promise.all(calls)).every((status) => status === 200);
  };
  await eventually('the gateways answer again', allAnswered, 60_000);
  await using load = traffic(world, url);
  await eventually('traffic flows', async () => (await system.received(world.namespace, 'hello')) > 20);
  assert.deepEqual(failures(await load.stop()), []);
  await world.asleep('hello');
  assert.equal((await world.call(url)).headers['x-catnap-cold-start'], 'true');
});

test('kill -9 of a pod under traffic: requests that were not on it are answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO, { scaling: { minReplicas: 2 } }));
  await world.function('hello', 'has two replicas', (fn) => fn.status?.readyReplicas === 2);
  await using load = traffic(world, url);
  await eventually('traffic flows', async () => (await system.received(world.namespace, 'hello')) > 20);
  const victim = (await world.pods('hello'))[0];
  await world.killPod(String(victim?.metadata?.name));
  await eventually('another one took its place', async () => {
    const pods = await world.pods('hello');
    const ready = pods.filter((p) => p.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
    return ready.length === 2 && pods.every((p) => p.metadata?.uid !== victim?.metadata?.uid);
  });
  const failed = failures(await load.stop());
  assert.ok(
    failed.every((f) => f.startsWith('502')),
    failed.join('\n'),
  );
  assert.ok(failed.length <= 10, `${failed.length} requests were on the killed pod`);
});

test('a restart of the API server under traffic: warm requests go on, and cold ones after it', {
  skip: !system.local && 'not checked: the API server is not ours to restart',
}, async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO));
  const other = await world.deploy(manifest(world.namespace, 'other', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await using load = traffic(world, url);
  await system.apiServer.kill();
  assert.equal((await world.call(other)).status, 200);
  assert.deepEqual(failures(await load.stop()), []);
  await world.asleep('hello');
  await world.asleep('other');
  assert.equal((await world.call(url)).status, 200);
});

test('a restart of the pod runner: pods go on and are adopted', {
  skip: !system.local && 'not checked: kubelet is not ours to restart',
}, async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', `export default () => String(process.pid);`));
  const pid = (await world.call(url)).text;
  await using load = traffic(world, url);
  await system.podRunner.kill();
  await eventually('the pod runner is back', async () => system.podRunner.pid() !== undefined);
  assert.equal((await world.call(url)).text, pid);
  assert.deepEqual(failures(await load.stop()), []);
  await world.asleep('hello');
});

test('a rollout under traffic loses no request', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'hello', `export default () => 'one';`));
  assert.equal((await world.call(url)).text, 'one');
  await using load = traffic(world, url);
  await world.apply(manifest(world.namespace, 'hello', `export default () => 'two';`));
  await eventually('the second revision answers', async () => (await world.call(url)).text === 'two', 60_000);
  await eventually('the first one has left', async () => {
    const { revision } = (await world.get('hello')).status ?? {};
    return (await world.pods('hello')).every((p) => p.metadata?.labels?.['catnap.dev/revision'] === revision);
  });
  assert.deepEqual(failures(await load.stop()), []);
});
