/** Changes that come faster than a start takes; none of them is of the source, so that none waits for a compile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type Manifest, manifest, type SpecInput } from '../support/manifest.ts';
import { inQuickTurn } from '../support/quick-changes.ts';
import { useSystem } from '../support/system.ts';
import { traffic } from '../support/traffic.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const CHANGES = 10;
const CLIENTS = 2;
const AWAKE = { idleSeconds: 60, tryOnChange: true };
/** Takes several times as long to start as from one change to the next. */
const SLOW = `
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  if (process.env.VERSION === 'broken') throw new Error('it does not start');
  export default () => 'version ' + process.env.VERSION;`;

function versions(world: World, name: string, scaling: SpecInput['scaling'] = AWAKE) {
  return (version: number | 'broken'): Manifest =>
    manifest(world.namespace, name, SLOW, { scaling, env: [{ name: 'VERSION', value: String(version) }] });
}

/** Applies it and waits until there is a revision of it. @returns its name */
async function makeRevision(world: World, next: Manifest): Promise<string | undefined> {
  const { name } = next.metadata;
  const before = (await world.get(name)).status?.latestRevision;
  await world.apply(next);
  const made = await world.function(name, 'its newest revision is made', ({ metadata, status }) => {
    return status?.observedGeneration === metadata.generation && status.latestRevision !== before;
  });
  return made.status?.latestRevision;
}

const answers = (world: World, url: string, version: number) =>
  eventually(`version ${version} answers`, async () => (await world.call(url)).text === `version ${version}`);

test('ten changes in quick turn, then a broken one: the last that can answers, and no request fails', async () => {
  await using world = await system.world();
  const of = versions(world, 'quick');
  const url = await world.deploy(of(0));
  await answers(world, url, 0);
  await using asking = traffic(world.gateway, url, CLIENTS);
  await inQuickTurn(
    world,
    Array.from({ length: CHANGES - 1 }, (_, i) => of(i + 1)),
  );
  const good = await makeRevision(world, of(CHANGES));
  await world.apply(of('broken'));
  await answers(world, url, CHANGES);
  const { status } = await world.function('quick', 'the broken one has failed', ({ status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'RevisionReady');
    return ready?.status === 'False' && status?.overtaken === undefined;
  });
  assert.equal(status?.revision, good);
  assert.equal((await world.call(url)).text, `version ${CHANGES}`);
  assert.deepEqual(Object.keys(await asking.stop()), ['200']);
});

test('while changes keep coming faster than starts, newer versions answer all the same', async () => {
  await using world = await system.world();
  const of = versions(world, 'storm');
  const url = await world.deploy(of(0));
  await answers(world, url, 0);
  await using asking = traffic(world.gateway, url, CLIENTS);
  let changes = 0;
  await eventually('a version after the first answers, and changes still come', async () => {
    changes += 1;
    await inQuickTurn(world, [of(changes)]);
    return (await world.call(url)).text !== 'version 0';
  });
  await answers(world, url, changes);
  const rest = await world.function('storm', 'nothing is on its way', ({ status }) => {
    return status?.overtaken === undefined && status?.revision === status?.latestRevision;
  });
  assert.equal(rest.status?.observedGeneration, rest.metadata.generation);
  assert.deepEqual(Object.keys(await asking.stop()), ['200']);
});

test('going back in the midst of quick changes ends at what was gone back to', async () => {
  await using world = await system.world();
  const of = versions(world, 'back');
  const url = await world.deploy(of(0));
  await answers(world, url, 0);
  const first = (await world.get('back')).status?.revision;
  await using asking = traffic(world.gateway, url, CLIENTS);
  await inQuickTurn(world, [of(1), of(2), of(3), of(0)]);
  await world.function('back', 'it is back', ({ status }) => {
    return status?.revision === first && status?.latestRevision === first && status?.overtaken === undefined;
  });
  await answers(world, url, 0);
  assert.deepEqual(Object.keys(await asking.stop()), ['200']);
});

test('of a function that sleeps, a change that a broken one overtook is the one that answers', async () => {
  await using world = await system.world();
  const of = versions(world, 'asleep', { tryOnChange: true });
  const url = await world.deploy(of(0));
  await answers(world, url, 0);
  await world.function('asleep', 'it sleeps', ({ status }) => status?.replicas === 0);
  const good = await makeRevision(world, of(1));
  await world.apply(of('broken'));
  await world.function('asleep', 'the change has answered', ({ status }) => status?.revision === good);
  assert.equal((await world.call(url)).text, 'version 1');
});
