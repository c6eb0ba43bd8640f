/** What the API server takes as a Trigger. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stringify } from 'yaml';
import { API_VERSION, TRIGGER_KIND } from '#api/names.ts';
import { TRIGGERS, type TriggerObject } from '#api/trigger.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { eachKubectl, type Kubectl } from '../support/kubectl.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const TRIGGER: Resource<TriggerObject> = TRIGGERS;
const cron = (rest: object = {}) => ({ cron: { schedule: '0 3 * * *', ...rest } });
/** The thirtieth of February, so that nothing of it runs. */
const NEVER = { cron: { schedule: '0 0 30 2 *' } };

function trigger(world: World, spec: object, name = 'nightly'): TriggerObject {
  const object = { apiVersion: API_VERSION, kind: TRIGGER_KIND, metadata: world.ref(name), spec };
  return object as unknown as TriggerObject;
}

test('the API server fills in what a Trigger leaves out', async () => {
  await using world = await system.world();
  await world.put(TRIGGER, trigger(world, { function: 'report', source: NEVER }));
  const { spec } = await system.kube.get(TRIGGER, world.ref('nightly'), { signal: world.soon() });
  assert.deepEqual(spec, {
    function: 'report',
    source: {
      cron: { ...NEVER.cron, timeZone: 'UTC', overlap: 'Forbid', missed: 'RunOnce', jitterSeconds: 0 },
    },
    retry: { maxAttempts: 5, minBackoffSeconds: 1, maxBackoffSeconds: 300 },
    suspend: false,
  });
});

test('the data of a Trigger is any JSON, and stays as it was given', async () => {
  await using world = await system.world();
  const given = [{ a: { b: [1, 'two', null, { c: false }] } }, ['x'], 'text', 3.5, true];
  for (const [index, data] of given.entries()) {
    await world.put(TRIGGER, trigger(world, { function: 'report', source: NEVER, data }, `data-${index}`));
    const { spec } = await system.kube.get(TRIGGER, world.ref(`data-${index}`), { signal: world.soon() });
    assert.deepEqual(spec.data, data);
  }
});

const to = (onFailure: object) => ({ function: 'report', source: NEVER, onFailure });

test('a destination is a function, or an address', async () => {
  await using world = await system.world();
  const good = [
    { function: 'alarm' },
    { url: 'https://hooks.example.org/a/b?c=d%20e' },
    { url: 'http://10.0.0.1:8080' },
    { url: 'https://[2001:db8::1]/' },
  ];
  for (const one of good) await world.put(TRIGGER, trigger(world, { ...to(one), onSuccess: one }));
});

const refused: [what: string, spec: object, message: RegExp, name?: string][] = [
  ['no source', { function: 'report', source: {} }, /give exactly one source: cron/],
  ['no function', { source: NEVER }, /spec\.function.*[Rr]equired/],
  ['a function of another namespace', { function: 'other/report', source: NEVER }, /spec\.function.*should match/],
  ['a schedule that is empty', { function: 'report', source: cron({ schedule: '' }) }, /schedule.*at least 1/],
  ['a long schedule', { function: 'report', source: cron({ schedule: '0,'.repeat(129) }) }, /schedule.*256/],
  [
    'a time zone that can be none',
    { function: 'report', source: cron({ timeZone: '+02:00' }) },
    /timeZone.*should match/,
  ],
  ['an overlap that there is not', { function: 'report', source: cron({ overlap: 'Queue' }) }, /overlap/],
  ['more jitter than an hour', { function: 'report', source: cron({ jitterSeconds: 3601 }) }, /jitterSeconds.*3600/],
  [
    'a deadline of nothing',
    { function: 'report', source: cron({ startingDeadlineSeconds: 0 }) },
    /greater than or equal to 1/,
  ],
  [
    'a longer first wait than the longest',
    { function: 'report', source: NEVER, retry: { minBackoffSeconds: 10, maxBackoffSeconds: 5 } },
    /spec\.retry.*minBackoffSeconds may not exceed/,
  ],
  ['two destinations in one', to({ function: 'a', url: 'https://a.example' }), /give exactly one of function, url/],
  ['a destination that is none', to({}), /give exactly one of function, url/],
  ['an address with a password', to({ url: 'https://me:secret@a.example/' }), /url.*should match/],
  ['an address with a fragment', to({ url: 'https://a.example/#b' }), /url.*should match/],
  ['an address by another scheme', to({ url: 'file:///etc/passwd' }), /url.*should match/],
  ['an address with a line break', to({ url: 'https://a.example/\r\nX: y' }), /url.*should match/],
  ['a name that is too long', { function: 'report', source: NEVER }, /at most 63 characters/, 't'.repeat(64)],
  ['a name with a dot', { function: 'report', source: NEVER }, /DNS label of at most 63 characters/, 'a.b'],
];
for (const [what, spec, message, name] of refused) {
  test(`the API server refuses a Trigger with ${what}`, async () => {
    await using world = await system.world();
    await assert.rejects(
      world.put(TRIGGER, trigger(world, spec, name)),
      (error) => error instanceof KubeError && error.status === 422 && message.test(error.message),
    );
  });
}

for (const kubectl of eachKubectl('that kubectl works on Triggers'))
  suite(`kubectl ${kubectl.version}`, () => kubectlSuite(kubectl));

function kubectlSuite(kubectl: Kubectl): void {
  const run = async (world: World, args: string[], stdin = '') => {
    const { code, stdout, stderr } = await kubectl.run(system.kubeconfig, ['-n', world.namespace, ...args], stdin);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  };

  test('Triggers are applied, listed with their columns and explained', async () => {
    await using world = await system.world();
    const object = trigger(world, { function: 'report', source: NEVER });
    assert.match(await run(world, ['apply', '-f', '-'], stringify(object)), /trigger\.catnap\.dev\/nightly created/);
    if (system.hasDispatcher) await told(world);
    const columns = ['NAME', 'FUNCTION', 'SOURCE', 'READY', 'LAST', 'NEXT', 'FAILED', 'AGE'];
    const ready = system.hasDispatcher ? 'False +' : '';
    const cells = new RegExp(
      `^nightly +report +cron 0 0 30 2 \\* UTC +${ready}(2h|12\\dm) +2999-01-01T00:00:00Z +2 +\\S+ *$`,
    );
    // The dispatcher may write between the two.
    await eventually('the row has what the status says', async () => {
      await patchStatus(world);
      const [head, row] = (await run(world, ['get', 'trig'])).split('\n');
      assert.deepEqual(head?.trim().split(/\s+/), columns);
      assert.match(String(row), cells);
      return true;
    });
    assert.match(await run(world, ['get', 'catnap']), /nightly/);
    assert.match(await run(world, ['explain', 'trigger.spec.source.cron.missed']), /RunOnce/);
  });
}

/** Once the dispatcher has said how it stands, for the function that it calls is not there. */
async function told(world: World): Promise<void> {
  await eventually('the dispatcher has written', async () => {
    const { status } = await system.kube.get(TRIGGER, world.ref('nightly'), { signal: world.soon() });
    return status?.conditions?.some(({ type }) => type === 'Ready');
  });
}

/** As if it had run two hours ago and failed twice. */
async function patchStatus(world: World): Promise<void> {
  const body = {
    status: {
      source: 'cron 0 0 30 2 * UTC',
      lastScheduleTime: new Date(Date.now() - 7_200_000).toISOString(),
      nextScheduleTime: '2999-01-01T00:00:00Z',
      counts: { failed: 2 },
    },
  };
  const options = { subresource: 'status', fieldManager: 'e2e', signal: world.soon() };
  await system.kube.patch(TRIGGER, world.ref('nightly'), { type: 'merge', body }, options);
}
