import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUNCTION_NAME_MAX_LENGTH } from '#api/names.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();
/** Says which version it is: at once, or at /slow after a second. */
const version = (n: number) => `export default async (request: Request) => {
    if (new URL(request.url).pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1_000));
    return 'version ${n}';
  };`;

/** The second request to a function, which takes a second and has begun. In an object, or it would be awaited. */
async function underWay(world: World, url: string, name: string): Promise<{ answer: Promise<string> }> {
  const answer = world.call(url, { path: '/slow' }).then(({ status, text }) => `${status} ${text}`);
  await eventually('it is with the gateway', async () => (await system.received(world.namespace, name)) === 2);
  return { answer };
}

test('a change while a request runs: it ends as it began, and what comes after the change gets that', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'changed', version(1)));
  assert.equal((await world.call(url)).text, 'version 1');
  const running = await underWay(world, url, 'changed');
  await world.apply(manifest(world.namespace, 'changed', version(2)));
  await eventually('the change answers', async () => (await world.call(url)).text === 'version 2');
  assert.equal(await running.answer, '200 version 1');
});

test('deleted and made again while a request runs: it is answered, and so is the next, by the new one', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'phoenix', version(1)));
  assert.equal((await world.call(url)).text, 'version 1');
  const running = await underWay(world, url, 'phoenix');
  await world.kube.delete(FUNCTION, world.ref('phoenix'), { signal: world.soon() });
  await eventually('nobody answers', async () => (await world.call(url)).status === 404);
  await world.deploy(manifest(world.namespace, 'phoenix', version(2)));
  assert.equal((await world.call(url)).text, 'version 2');
  assert.equal(await running.answer, '200 version 1');
});

test('an image that exits at SIGTERM: a request that runs while it is changed is answered', {
  skip: !system.local && 'not checked: the image may not have what takes a second',
}, async () => {
  await using world = await system.world();
  const { spec, ...rest } = manifest(world.namespace, 'curt', '');
  const { source: _none, ...others } = spec;
  const image = (n: string) =>
    ({ ...rest, spec: { ...others, image: system.image, env: [{ name: 'VERSION', value: n }] } }) as Manifest;
  const url = await world.deploy(image('one'));
  assert.match((await world.call(url)).text, /version one/);
  const running = await underWay(world, url, 'curt');
  await world.apply(image('two'));
  await eventually('the change answers', async () => (await world.call(url)).text.includes('version two'));
  assert.match(await running.answer, /^200 .*version one/);
});

test('names of every kind answer: with a digit first, as long as they may be', async () => {
  await using world = await system.world();
  for (const name of ['2nd', '7', 'a-1', 'f'.repeat(FUNCTION_NAME_MAX_LENGTH)]) {
    const url = await world.deploy(manifest(world.namespace, name, HELLO));
    assert.equal((await world.call(url)).status, 200, name);
  }
});

test('an apply of what is there already changes nothing', async () => {
  await using world = await system.world();
  const same = manifest(world.namespace, 'same', HELLO);
  await world.deploy(same);
  const before = await world.get('same');
  const after = await world.apply(structuredClone(same));
  assert.equal(after.metadata.generation, before.metadata.generation);
  assert.equal(after.status?.latestRevision, before.status?.latestRevision);
});
