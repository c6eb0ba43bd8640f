/** Triggers with a schedule: what they call, when, how often, and what they say of it. */
import assert from 'node:assert/strict';
import { API_VERSION, TRIGGER_KIND } from '#api/names.ts';
import { TRIGGERS, type TriggerObject } from '#api/trigger.ts';
import type { TriggerStatus } from '#api/trigger-status.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { dispatchedTests } from '../support/dispatched.ts';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const test = dispatchedTests(system);
const KILLED = { skip: !system.local && 'not checked: a dispatcher that is killed and started at once' };
const TRIGGER: Resource<TriggerObject> = TRIGGERS;
const EACH_SECOND = '* * * * * *';
const NEVER = '0 0 30 2 *';
/** A cold start of a busy node, and a status that is written each ten seconds. */
const A_WHILE_MS = 90_000;

/** Keeps what came; asked by GET it says all of it. */
const KEEPS = `const came = [];
export default async (request) => {
  if (request.method === 'GET') return came;
  const ce = Object.fromEntries([...request.headers].filter(([name]) => name.startsWith('ce-')));
  came.push({ ...ce, data: await request.json() });
  return 'kept';
};
`;
const ONE_REPLICA = { minReplicas: 1, maxReplicas: 1 };

interface Came {
  'ce-id': string;
  'ce-time': string;
  'ce-source': string;
  'ce-type': string;
  data: unknown;
}

const put = (world: World, cron: object, spec: object = {}, annotations: Record<string, string> = {}) => {
  const metadata = { ...world.ref('ticks'), annotations };
  const object = {
    apiVersion: API_VERSION,
    kind: TRIGGER_KIND,
    metadata,
    spec: { function: 'keeps', source: { cron }, ...spec },
  };
  return world.put(TRIGGER, object as unknown as TriggerObject);
};
const came = async (world: World, url: string): Promise<Came[]> => JSON.parse((await world.call(url)).text);

/** The status, once it is so. */
function told(world: World, what: string, is: (status: TriggerStatus) => unknown): Promise<TriggerStatus> {
  return eventually(
    what,
    async () => {
      const { status } = await world.kube.get(TRIGGER, world.ref('ticks'), { signal: world.soon() });
      return status !== undefined && Boolean(is(status)) && status;
    },
    A_WHILE_MS,
  );
}
const passed = (ms: number) => {
  const atMs = Date.now() + ms;
  return eventually(`${ms} ms went by`, () => Date.now() >= atMs);
};
const readyIn = ({ conditions }: TriggerStatus) => conditions?.find(({ type }) => type === 'Ready');

test('a schedule wakes its function from zero with a CloudEvent, and its status tells how that went', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'keeps', KEEPS, { scaling: { maxReplicas: 1 } }));
  await put(world, { schedule: EACH_SECOND }, { data: { olderThanDays: 30 } });
  const status = await told(world, 'a run is done', ({ counts }) => (counts?.succeeded ?? 0) > 0);
  assert.equal(readyIn(status)?.status, 'True');
  assert.equal(status.source, `cron ${EACH_SECOND}`);
  assert.ok(status.lastScheduleTime && status.lastSuccessTime && status.nextScheduleTime);
  assert.equal(status.history?.find(({ state }) => state === 'done')?.attempts, 1);
  const [first] = await came(world, url);
  assert.deepEqual(first?.data, { olderThanDays: 30 });
  assert.equal(first?.['ce-id'], `${world.namespace}/ticks@${first?.['ce-time']}`);
  assert.equal(first?.['ce-source'], `/apis/catnap.dev/v1alpha1/namespaces/${world.namespace}/triggers/ticks`);
  assert.equal(first?.['ce-type'], 'dev.catnap.trigger.cron');
});

test('a dispatcher that is killed again and again misses no run and stores none twice', KILLED, async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'keeps', KEEPS, { scaling: ONE_REPLICA }));
  await put(world, { schedule: EACH_SECOND, overlap: 'Allow', missed: 'RunAll' });
  await eventually('the first came', async () => (await came(world, url)).length > 0);
  for (let kills = 0; kills < 4; kills += 1) {
    const before = (await came(world, url)).length;
    await system.dispatcher.kill();
    await eventually('more came', async () => (await came(world, url)).length > before + 4);
  }
  const all = await came(world, url);
  const times = [...new Set(all.map((one) => Date.parse(one['ce-time'])))].toSorted((a, b) => a - b);
  const [first = 0] = times;
  assert.deepEqual(
    times,
    times.map((_, at) => first + at * 1_000),
    'each second has its run',
  );
  const ids = new Set(all.map((one) => one['ce-id']));
  assert.equal(ids.size, times.length, 'each run has one id');
});

test('what is suspended does not run, and does not make up for it; what is deleted never comes again', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'keeps', KEEPS, { scaling: ONE_REPLICA }));
  await put(world, { schedule: EACH_SECOND, missed: 'RunAll' });
  await eventually('it runs', async () => (await came(world, url)).length > 0);
  await told(world, 'that is told', (status) => readyIn(status)?.status === 'True');
  await put(world, { schedule: EACH_SECOND, missed: 'RunAll' }, { suspend: true });
  const suspended = await told(world, 'it is suspended', (status) => readyIn(status)?.reason === 'Suspended');
  assert.equal(suspended.nextScheduleTime, undefined);
  const suspendedAtMs = Date.parse(readyIn(suspended)?.lastTransitionTime ?? '');
  await passed(4_000);
  // Whole seconds of the dispatcher's clock, as the times of runs are.
  const since = async () =>
    (await came(world, url)).filter((one) => Date.parse(one['ce-time']) > suspendedAtMs + 1_000);
  assert.deepEqual(await since(), []);
  await put(world, { schedule: EACH_SECOND, missed: 'RunAll' });
  const resumed = await eventually('it runs again', async () => {
    const more = await since();
    return more.length > 0 && more;
  });
  for (const one of resumed) assert.ok(Date.parse(one['ce-time']) > suspendedAtMs + 3_000, one['ce-time']);
  await world.kube.delete(TRIGGER, world.ref('ticks'), { signal: world.soon() });
  await eventually('it is gone', () =>
    world.kube.get(TRIGGER, world.ref('ticks'), { signal: world.soon() }).then(() => false, isNotFound),
  );
  // What was stored before may still come.
  await passed(2_000);
  const before = (await came(world, url)).length;
  await passed(3_000);
  assert.equal((await came(world, url)).length, before);
});

test('each value of the annotation runs it once, whatever the schedule says, also over a restart', async (t) => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'keeps', KEEPS, { scaling: ONE_REPLICA }));
  await put(world, { schedule: NEVER });
  await told(world, 'it is known', readyIn);
  for (const value of ['1', '2']) await put(world, { schedule: NEVER }, {}, { 'catnap.dev/run-now': value });
  const id = (value: string) => `${world.namespace}/ticks@run-${value}`;
  await eventually('the last came', async () => (await came(world, url)).some((one) => one['ce-id'] === id('2')));
  if (system.local) await system.dispatcher.kill();
  else t.diagnostic('not checked: the annotation over a restart of the dispatcher');
  await put(world, { schedule: NEVER }, {}, { 'catnap.dev/run-now': '3' });
  await eventually('it runs again', async () => (await came(world, url)).some((one) => one['ce-id'] === id('3')));
  const ids = (await came(world, url)).map((one) => one['ce-id']);
  assert.equal(ids.filter((one) => one === id('2')).length, 1);
  const status = await told(
    world,
    'it is done',
    ({ history }) => history?.[0]?.id === id('3') && history[0].state === 'done',
  );
  assert.equal(status.nextScheduleTime, undefined);
});

test('a mistake in the expression is told with its place, and a function that is missing by its name', async () => {
  await using world = await system.world();
  await put(world, { schedule: '61 * * * *' });
  const wrong = await told(world, 'it is told', (status) => readyIn(status)?.reason === 'InvalidSchedule');
  assert.equal(readyIn(wrong)?.message, 'at character 1: 61 is no minute; it is 0 to 59');
  await put(world, { schedule: EACH_SECOND });
  const missing = await told(world, 'it is told', (status) => readyIn(status)?.reason === 'FunctionMissing');
  assert.match(readyIn(missing)?.message ?? '', /no Function keeps/);
  await world.deploy(manifest(world.namespace, 'keeps', KEEPS));
  await told(world, 'it runs', ({ counts }) => (counts?.succeeded ?? 0) > 0);
  await world.kube.delete({ ...TRIGGER, plural: 'functions', kind: 'Function' }, world.ref('keeps'), {
    signal: world.soon(),
  });
  await told(world, 'it is missing again', (status) => readyIn(status)?.reason === 'FunctionMissing');
});
