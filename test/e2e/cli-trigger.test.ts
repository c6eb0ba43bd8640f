/** `catnap trigger`, and what `describe` tells of Triggers, as they are typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANNOTATION, API_VERSION, TRIGGER_KIND } from '#api/names.ts';
import { TRIGGERS, type TriggerObject } from '#api/trigger.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { catnap } from '../support/catnap.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const TRIGGER: Resource<TriggerObject> = TRIGGERS;

const typed = (world: World, line: readonly string[]) =>
  catnap([...line, '-n', world.namespace], { kubeconfig: system.kubeconfig });

/** A Trigger that is due once in four years. */
function seldom(world: World, name: string, spec: object = {}): Promise<TriggerObject> {
  const source = { cron: { schedule: '0 0 29 2 *', timeZone: 'Europe/Berlin' } };
  const metadata = world.ref(name);
  const object = {
    apiVersion: API_VERSION,
    kind: TRIGGER_KIND,
    metadata,
    spec: { function: 'report', source, ...spec },
  };
  return world.put(TRIGGER, object as unknown as TriggerObject);
}

test('trigger list and show tell what calls which function, and describe what calls this one', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'report', HELLO));
  assert.match((await typed(world, ['trigger', 'list'])).stdout, /^no triggers in /);
  await seldom(world, 'leap');
  await seldom(world, 'other', { function: 'else' });
  const list = await typed(world, ['trigger', 'list']);
  assert.equal(list.exitCode, 0, list.stderr);
  assert.match(
    list.stdout,
    /^NAME +FUNCTION +SOURCE +READY +LAST +NEXT +FAILED +AGE\nleap +report +cron 0 0 29 2 \* Eu/,
  );
  const all = await typed(world, ['trigger', 'list', '-A', '--json']);
  const names = JSON.parse(all.stdout).map(({ metadata }: TriggerObject) => `${metadata.namespace}/${metadata.name}`);
  assert.ok(names.includes(`${world.namespace}/leap`), all.stdout);
  const shown = await typed(world, ['trigger', 'show', 'leap']);
  assert.match(
    shown.stdout,
    /^Name: +leap in \S+, made \d+s ago\nFunction: +report\nSource: +cron 0 0 29 2 \* Europe\/Ber/,
  );
  assert.match(shown.stdout, /catnap trigger run leap -n /);
  const described = await typed(world, ['describe', 'report']);
  assert.match(
    described.stdout,
    /\nTriggers:\n {2}NAME +SOURCE +READY +NEXT\n {2}leap +cron 0 0 29 2 \* Europe\/Berlin/,
  );
  assert.doesNotMatch(described.stdout, /other/);
});

test('trigger run asks by the annotation, and says by which id the run is found', async () => {
  await using world = await system.world();
  // Of a function that is not there no run is asked for.
  await world.deploy(manifest(world.namespace, 'report', HELLO));
  await seldom(world, 'leap');
  const { stdout, exitCode } = await typed(world, ['trigger', 'run', 'leap', '--json']);
  assert.equal(exitCode, 0);
  const { metadata } = await system.kube.get(TRIGGER, world.ref('leap'), { signal: world.soon() });
  const value = metadata.annotations?.[ANNOTATION.runNow];
  assert.deepEqual(JSON.parse(stdout), { id: `${world.namespace}/leap@run-${value}`, function: 'report' });
});

test('trigger run and show refuse what is not there or suspended, with words and a code', async () => {
  await using world = await system.world();
  await seldom(world, 'paused', { suspend: true });
  const paused = await typed(world, ['trigger', 'run', 'paused']);
  assert.deepEqual([paused.exitCode, paused.stdout], [1, '']);
  assert.match(paused.stderr, /^catnap: paused is suspended/);
  const none = await typed(world, ['trigger', 'show', 'none']);
  assert.equal(none.exitCode, 3);
  assert.match(none.stderr, /^catnap: there is no trigger none in /);
  assert.equal((await typed(world, ['trigger', 'run'])).exitCode, 2);
});
