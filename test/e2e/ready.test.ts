/** `kubectl apply && kubectl wait --for=condition=Ready && curl`: what a pipeline does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { sourceHash } from '#api/source-hash.ts';
import { type Manifest, manifest } from '../support/manifest.ts';
import { settings } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed, type World } from '../support/world.ts';

const system = useSystem();
const ROUNDS = Array.from({ length: settings.CATNAP_TEST_READY_ROUNDS }, (_, round) => round);
const BROKEN = `throw new Error('no database');\nexport default () => 'never';\n`;
/** So many at once that they do not all come over one connection, and so to one gateway. */
const CALLS = 4;

const tried = (world: World, name: string, source: string, scaling: object = {}): Manifest =>
  manifest(world.namespace, name, source, { scaling: { tryOnChange: true, ...scaling } });
const says = (text: string) => `export default () => '${text}';`;

/** What `kubectl wait` takes for an answer: a condition that speaks of the present generation. */
const settled = (fn: FunctionObject) => {
  const ready = condition(fn, 'Ready');
  return ready?.observedGeneration === fn.metadata.generation && ready?.status !== 'Unknown';
};

async function answers(world: World, fn: FunctionObject): Promise<string[]> {
  const url = String(fn.status?.url);
  const all = await Promise.all(Array.from({ length: CALLS }, () => world.call(url)));
  return [...new Set(all.map(({ status, text }) => `${status} ${text}`))];
}

async function waitAndAsk(world: World, name: string): Promise<string[]> {
  return answers(world, await world.ready(name));
}

test('a new function that is ready answers at every gateway', async () => {
  await using world = await system.world();
  for (const round of ROUNDS) {
    const name = `new-${round}`;
    await world.apply(tried(world, name, says('hello')));
    assert.deepEqual(await waitAndAsk(world, name), ['200 hello']);
  }
});

for (const [state, scaling] of [
  ['asleep', { idleSeconds: 1 }],
  ['awake', { minReplicas: 1 }],
] as const) {
  test(`a change of a function that is ${state} is met once it is ready, and the old answer never`, async () => {
    await using world = await system.world();
    await world.apply(tried(world, 'changing', says('round -1'), scaling));
    assert.deepEqual(await waitAndAsk(world, 'changing'), ['200 round -1']);
    for (const round of ROUNDS) {
      if (state === 'asleep') await world.asleep('changing');
      await world.apply(tried(world, 'changing', says(`round ${round}`), scaling));
      assert.deepEqual(await waitAndAsk(world, 'changing'), [`200 round ${round}`]);
    }
  });

  test(`a broken change of a function that is ${state} is never ready, and no request meets it`, async () => {
    await using world = await system.world();
    await world.apply(tried(world, 'breaking', says('good'), scaling));
    assert.deepEqual(await waitAndAsk(world, 'breaking'), ['200 good']);
    for (const round of ROUNDS) {
      if (state === 'asleep') await world.asleep('breaking');
      await world.apply(tried(world, 'breaking', `${BROKEN}// ${round}`, scaling));
      const fn = await world.function('breaking', 'is known to work or not', settled);
      assert.equal(condition(fn, 'Ready')?.reason, 'CrashLoop');
      assert.deepEqual(await answers(world, fn), ['200 good']);
    }
  });
}

test('a change of a ConfigMap with source is met once its content is what is ready', async () => {
  await using world = await system.world();
  const { spec, ...rest } = tried(world, 'mapped', '');
  const write = async (text: string) => {
    const data = { 'index.ts': says(text) };
    await world.configMap('mapped-src', data);
    return sourceHash([{ data }]);
  };
  let hash = await write('round -1');
  await world.apply({ ...rest, spec: { ...spec, source: { configMapRef: { name: 'mapped-src' } } } });
  assert.deepEqual(await waitAndAsk(world, 'mapped'), ['200 round -1']);
  for (const round of ROUNDS) {
    hash = await write(`round ${round}`);
    const ofContent = (fn: FunctionObject) =>
      fn.status?.sourceHash === hash && condition(fn, 'Ready')?.status === 'True';
    const fn = await world.function('mapped', 'is ready with this content', ofContent);
    assert.deepEqual(await answers(world, fn), [`200 round ${round}`]);
  }
});

test('a new function that is broken says so without a request, and stays so', async () => {
  await using world = await system.world();
  await world.apply(tried(world, 'dead', BROKEN, { idleSeconds: 1 }));
  const fn = await world.function('dead', 'is known to work or not', settled);
  assert.equal(condition(fn, 'Ready')?.reason, 'CrashLoop');
  await world.asleep('dead');
  assert.equal(condition(await world.get('dead'), 'Ready')?.status, 'False');
});

test('where nothing is to be tried no pod starts, and it is ready as one that was not tried', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'untried', says('hello'), { scaling: { tryOnChange: false } }));
  const fn = await world.function('untried', 'is ready', (seen) => observed(seen) && settled(seen));
  assert.deepEqual([condition(fn, 'Ready')?.status, condition(fn, 'Ready')?.reason], ['True', 'Untried']);
  assert.deepEqual(await world.pods('untried'), []);
});
