/** What an installation does once: the program as it is in the operator's image. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { API_VERSION, LABEL, TRIGGER_KIND } from '#api/names.ts';
import { TRIGGERS } from '#api/trigger.ts';
import { CRDS } from '#platform/kube/crd.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, type Resource, SERVICES } from '#platform/kube/resources.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { inherited } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const CHORES = join(import.meta.dirname, '..', '..', 'dist', 'operator', 'chores.mjs');
const CHILDREN: readonly Resource[] = [DEPLOYMENTS, PODS, SERVICES, CONFIG_MAPS];
const CRD = { name: 'functions.catnap.dev' };
const TRIGGER: Resource = TRIGGERS;
const system = useSystem();
const soon = () => AbortSignal.timeout(30_000);

/** Its exit code and output. */
function chore(task: string, env: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  const options = { env: { ...inherited, KUBECONFIG: system.kubeconfig, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [CHORES, task], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

test('apply-crds brings the CRD to what it should be, whoever changed it', async () => {
  const title = async () => {
    const crd = (await system.kube.get(CRDS, CRD, { signal: soon() })) as {
      spec?: { versions: { additionalPrinterColumns: { name: string; description?: string }[] }[] };
    };
    return crd.spec?.versions[0]?.additionalPrinterColumns.find(({ name }) => name === 'URL')?.description;
  };
  const before = await title();
  const changed = [{ op: 'replace', path: '/spec/names/categories', value: ['catnap', 'all', 'mine'] }];
  const columns = '/spec/versions/0/additionalPrinterColumns/3/description';
  const body = [...changed, { op: 'replace', path: columns, value: 'changed' }];
  await system.kube.patch(CRDS, CRD, { type: 'json', body }, { fieldManager: 'somebody', signal: soon() });
  assert.equal(await title(), 'changed');
  const { code, output } = await chore('apply-crds');
  assert.equal(code, 0, output);
  assert.equal(await title(), before);
  const { metadata } = await system.kube.get(CRDS, CRD, { signal: soon() });
  assert.ok(metadata?.managedFields?.some(({ manager }) => manager === 'catnap-operator'));
});

/** A Trigger that is never due. */
function nightly(world: World, name: string, metadata: object = {}): Promise<unknown> {
  const spec = { function: 'report', source: { cron: { schedule: '0 0 30 2 *' } } };
  const object = { apiVersion: API_VERSION, kind: TRIGGER_KIND, metadata: { ...world.ref(name), ...metadata }, spec };
  return world.put(TRIGGER, object as never);
}

test('remove-functions removes Triggers before Functions, and those of other namespaces stay', async () => {
  await using world = await system.world();
  await using other = await system.world();
  await world.deploy(manifest(world.namespace, 'report', HELLO));
  await nightly(world, 'nightly', { finalizers: ['example.org/hold'] });
  await nightly(other, 'nightly');
  const env = { CATNAP_NAMESPACES: world.namespace, CATNAP_CHORE_SECONDS: '3' };
  const { code, output } = await chore('remove-functions', env);
  assert.equal(code, 1);
  assert.match(output, new RegExp(`still there: Trigger ${world.namespace}/nightly \\(finalizers: example\\.org/hold`));
  assert.equal((await world.get('report')).metadata.deletionTimestamp, undefined);
  const body = { metadata: { finalizers: [] } };
  await system.kube.patch(TRIGGER, world.ref('nightly'), { type: 'merge', body }, { signal: soon() });
  const again = await chore('remove-functions', { CATNAP_NAMESPACES: world.namespace });
  assert.equal(again.code, 0, again.output);
  const left = async ({ namespace }: World) =>
    (await system.kube.listAll(TRIGGER, { namespace, signal: soon() })).items.map(({ metadata }) => metadata?.name);
  assert.deepEqual(await left(world), []);
  assert.deepEqual(await left(other), ['nightly']);
});

test('remove-functions leaves nothing of them, and those of other namespaces alone', async () => {
  await using world = await system.world();
  await using other = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'awake', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await world.deploy(manifest(world.namespace, 'asleep', HELLO));
  await other.deploy(manifest(other.namespace, 'stays', HELLO));
  const { code, output } = await chore('remove-functions', { CATNAP_NAMESPACES: world.namespace });
  assert.equal(code, 0, output);
  const left = async (namespace: string) => {
    const options = { namespace, labelSelector: LABEL.function, signal: soon() };
    const children = await Promise.all(CHILDREN.map((resource) => system.kube.listAll(resource, options)));
    const functions = await system.kube.listAll(FUNCTION, { namespace, signal: soon() });
    return functions.items.length + children.reduce((sum, { items }) => sum + items.length, 0);
  };
  assert.equal(await left(world.namespace), 0);
  assert.ok((await left(other.namespace)) >= 4);
});

test('remove-functions ends what would run for longer than it may wait', async () => {
  await using world = await system.world();
  const endless = `export default (request, { waitUntil }) => {
    waitUntil(new Promise(() => {}));
    return 'begun';
  };`;
  const url = await world.deploy(manifest(world.namespace, 'endless', endless, { async: { timeoutSeconds: 900 } }));
  assert.equal((await world.call(url)).status, 200);
  const env = { CATNAP_NAMESPACES: world.namespace, CATNAP_CHORE_SECONDS: '12' };
  const { code, output } = await chore('remove-functions', env);
  assert.equal(code, 0, output);
  assert.match(output, /"pod":"\S+\/endless-\S+".*what it ran was ended/);
});

test('remove-functions names what does not go', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'held', HELLO));
  const hold = (finalizers: string[]) =>
    system.kube.patch(
      FUNCTION,
      world.ref('held'),
      { type: 'merge', body: { metadata: { finalizers } } },
      { signal: soon() },
    );
  await hold(['example.org/hold']);
  const env = { CATNAP_NAMESPACES: world.namespace, CATNAP_CHORE_SECONDS: '3' };
  const { code, output } = await chore('remove-functions', env);
  await hold([]);
  assert.equal(code, 1);
  assert.match(output, new RegExp(`still there: Function ${world.namespace}/held \\(finalizers: .*example\\.org/hold`));
});

test('test makes a function, gets its answer through the gateway, and removes it', async () => {
  await using world = await system.world();
  const env = { CATNAP_TEST_NAMESPACE: world.namespace, CATNAP_TEST_GATEWAY: world.gateway.base };
  const { code, output } = await chore('test', env);
  assert.equal(code, 0, output);
  const { items } = await system.kube.listAll(FUNCTION, { namespace: world.namespace, signal: soon() });
  assert.deepEqual(items, []);
});

test('test says what is wrong when no answer comes', async () => {
  await using world = await system.world();
  const gateway = 'http://127.0.0.1:9';
  const env = { CATNAP_TEST_NAMESPACE: world.namespace, CATNAP_TEST_GATEWAY: gateway, CATNAP_CHORE_SECONDS: '3' };
  const { code, output } = await chore('test', env);
  assert.equal(code, 1);
  assert.match(output, /http:\/\/127\.0\.0\.1:9\S+ did not answer as it should: .+; Ready/);
  const { items } = await system.kube.listAll(FUNCTION, { namespace: world.namespace, signal: soon() });
  assert.deepEqual(items, []);
});

test('a task that there is not is a mistake that names those there are', async () => {
  const { code, output } = await chore('tidy');
  assert.equal(code, 2);
  assert.match(output, /apply-crds.*remove-functions.*test/);
});
