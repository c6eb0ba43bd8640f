// Longer than 250 lines: all stand on one operator and one API server, whose start takes longer than they do.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ConditionType } from '#api/conditions.ts';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { CONFIG_MAPS, DEPLOYMENTS, EVENTS, SERVICES } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { CRASHED, READY, Stage, waiting } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;

const inline = (text: string) => ({ source: { inline: `export default () => ${JSON.stringify(text)};` } });
const BROKEN = { source: { inline: 'export default () => {\n  const x = ;\n};' } };
const found = (fn: FunctionObject, type: ConditionType) => fn.status?.conditions?.find((one) => one.type === type);
/** Whether the condition is `True Ready`, say. */
const is = (type: ConditionType, text: string) => (fn: FunctionObject) =>
  `${found(fn, type)?.status} ${found(fn, type)?.reason}` === text;
const asleep = (fn: FunctionObject) => is('Ready', 'True ScaledToZero')(fn) || is('Ready', 'True Untried')(fn);

/** A function whose revision is awake and has answered. */
async function awake(name: string, spec: Parameters<Stage['apply']>[1]): Promise<{ revision: string }> {
  await stage.apply(name, spec);
  const revision = String((await stage.function(name, 'is made', asleep)).status?.revision);
  stage.activator.requests(`${namespace}/${name}`, 1);
  await stage.wake(revision);
  await stage.pod(name, revision, READY);
  await stage.function(name, 'is ready', is('Ready', 'True Ready'));
  return { revision };
}

test('a Function made while idle: Deployment at zero, Service and bundle, all its own, and no pod asked for', async () => {
  await stage.apply('idle', inline('hi'));
  const fn = await stage.function('idle', 'is asleep', asleep);
  assert.equal(fn.status?.url, 'http://idle.default.localhost');
  assert.equal(fn.status?.replicas, 0);
  assert.match(String(fn.status?.revision), /^idle-[0-9a-f]{8}$/);
  const deployment = await stage.deployment(String(fn.status?.revision));
  assert.equal(deployment.spec?.replicas, 0);
  assert.equal(deployment.metadata?.ownerReferences?.[0]?.uid, fn.metadata.uid);
  const scaler = deployment.metadata?.managedFields?.find(({ manager }) => manager === 'catnap-scaler');
  assert.deepEqual(scaler?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
  const service = await kube.get(SERVICES, { namespace, name: 'idle' }, { signal });
  assert.equal(service.spec?.externalName, 'catnap-gateway.catnap-system.svc.cluster.local');
  const env = deployment.spec?.template.spec?.containers[0]?.env ?? [];
  const ref = env.find(({ name }) => name === 'CATNAP_BUNDLE_0')?.valueFrom?.configMapKeyRef;
  const bundle = await kube.get(CONFIG_MAPS, { namespace, name: String(ref?.name) }, { signal });
  assert.equal(bundle.immutable, true);
});

test('a source that does not parse is reported within two seconds and nothing is deployed', async () => {
  await stage.apply('broken', BROKEN);
  const fn = await stage.function('broken', 'is CompileFailed', is('Ready', 'False CompileFailed'), 2_000);
  assert.match(String(found(fn, 'SourceReady')?.message), /^index\.ts:2:13: Unexpected ";"/);
  assert.equal(fn.status?.latestRevision, undefined);
  assert.deepEqual(await stage.deployments('broken'), []);
});

test('a revision goes on serving when the next source does not parse', async () => {
  const { revision } = await awake('steady', inline('one'));
  await stage.apply('steady', BROKEN);
  const fn = await stage.function('steady', 'is CompileFailed', is('Ready', 'False CompileFailed'), 2_000);
  assert.equal(fn.status?.revision, revision);
  assert.equal(fn.status?.latestRevision, revision);
  assert.ok(is('Active', 'True Ready')(fn));
  assert.equal(await stage.replicas(revision), 1);
});

test("another's Service of the same name is not touched", async () => {
  const mine = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: 'taken' },
    spec: { ports: [{ port: 5432 }] },
  };
  const before = await kube.create(SERVICES, mine, { signal });
  await stage.apply('taken', inline('hi'));
  const fn = await stage.function('taken', 'says so', is('RouteReady', 'False NameTaken'));
  assert.ok(is('Ready', 'False NameTaken')(fn));
  assert.match(String(found(fn, 'RouteReady')?.message), /Service default\/taken/);
  assert.deepEqual(await kube.get(SERVICES, { namespace, name: 'taken' }, { signal }), before);
});

test('a new revision starts beside the active one and takes over when it answers', async () => {
  const { revision: old } = await awake('rolls', inline('one'));
  await stage.apply('rolls', inline('two'));
  const started = await stage.function('rolls', 'has a new revision', (fn) => fn.status?.latestRevision !== old);
  const latest = started.status?.latestRevision;
  assert.equal(started.status?.revision, old);
  await eventually('the new one is started', async () => (await stage.replicas(latest)) === 1);
  assert.equal(await stage.replicas(old), 1);
  await stage.pod('rolls', latest, READY);
  await stage.function('rolls', 'traffic has moved', (fn) => fn.status?.revision === latest);
  await eventually('the old one is asleep', async () => (await stage.replicas(old)) === 0);
  const answeredAt = async () =>
    (await stage.deployment(String(latest))).metadata?.annotations?.['catnap.dev/answered-at'];
  await eventually('the Deployment notes that it answered', answeredAt);
});

test('a new revision that crashes goes back to zero, says why, and the old one keeps the traffic', async () => {
  const { revision: old } = await awake('crashes', inline('one'));
  await stage.apply('crashes', inline('two'));
  const started = await stage.function('crashes', 'has a new revision', (fn) => fn.status?.latestRevision !== old);
  const latest = started.status?.latestRevision;
  await eventually('the new one is started', async () => (await stage.replicas(latest)) === 1);
  const pod = await stage.pod('crashes', latest, CRASHED);
  const failed = await stage.function('crashes', 'says so', is('RevisionReady', 'False CrashLoop'));
  assert.equal(failed.status?.revision, old);
  assert.match(String(found(failed, 'Ready')?.message), /exit code 1.*no database.*keeps the traffic/s);
  await eventually('the new one is asleep', async () => (await stage.replicas(latest)) === 0);
  await stage.removePod(pod);
  await stage.apply('crashes', { ...inline('two'), scaling: { maxReplicas: 7 } });
  const still = await stage.function(
    'crashes',
    'has seen the change',
    (fn) => fn.metadata.generation > failed.metadata.generation,
  );
  assert.ok(is('RevisionReady', 'False CrashLoop')(still));
  assert.equal(await stage.replicas(latest), 0);
  const { items } = await kube.listAll(EVENTS, { namespace, signal });
  const reasons = items.filter((event) => event.involvedObject.name === 'crashes').map(({ reason }) => reason);
  assert.ok(reasons.includes('RolledBack') && reasons.includes('CrashLoop'), reasons.join());
});

test('one that fails with nothing to fall back on says so, asleep too, until a start succeeds', async () => {
  await stage.apply('hopeless', { ...inline('x'), scaling: { idleSeconds: 1 } });
  const revision = (await stage.function('hopeless', 'is made', asleep)).status?.revision;
  stage.activator.requests(`${namespace}/hopeless`, 1);
  await stage.wake(revision);
  const pod = await stage.pod('hopeless', revision, CRASHED);
  await stage.function('hopeless', 'says so', is('RevisionReady', 'False CrashLoop'));
  stage.activator.requests(`${namespace}/hopeless`, 0);
  await eventually('it is asleep', async () => (await stage.replicas(revision)) === 0);
  await stage.removePod(pod);
  const still = await stage.function('hopeless', 'is asleep', (fn) => fn.status?.replicas === 0);
  assert.ok(is('Ready', 'False CrashLoop')(still));
  assert.equal(still.status?.failedStarts?.count, 1);
  await stage.wake(revision);
  await stage.pod('hopeless', revision, READY);
  const well = await stage.function('hopeless', 'is well again', is('Ready', 'True Ready'));
  assert.equal(well.status?.failedStarts, undefined);
});

test('a new revision is started once, and ready when it answered and the gateways send requests to it', async () => {
  await stage.apply('tried', { ...inline('x'), scaling: { tryOnChange: true } });
  const starting = await stage.function('tried', 'is being tried', (fn) => fn.status?.trial?.startedAt !== undefined);
  const revision = starting.status?.latestRevision;
  assert.ok(is('Ready', 'Unknown Progressing')(starting));
  await eventually('a replica is asked for', async () => (await stage.replicas(revision)) === 1);
  await stage.pod('tried', revision, READY);
  const answered = await stage.function(
    'tried',
    'waits for the gateways',
    (fn) => fn.status?.trial?.answeredAt !== undefined,
  );
  assert.ok(is('Ready', 'Unknown Progressing')(answered));
  stage.activator.sends(`${namespace}/tried`, String(revision));
  const ready = await stage.function('tried', 'is ready', is('Ready', 'True Ready'));
  assert.equal(ready.status?.trial, undefined);
});

test('a Function that is being deleted keeps no replicas, whatever its finalizers wait for', async () => {
  const { revision } = await awake('held', inline('held'));
  const ref = { namespace, name: 'held' };
  const hold = (finalizers: string[]) =>
    kube.patch(FUNCTIONS, ref, { type: 'merge', body: { metadata: { finalizers } } }, { signal });
  await hold(['example.com/hold']);
  await kube.delete(FUNCTIONS, ref, { signal });
  await eventually('it is scaled to zero', async () => (await stage.deployment(revision)).spec?.replicas === 0);
  await hold([]);
});

test('a bundle that somebody deleted is made again when a pod misses it', async () => {
  await stage.apply('bundled', inline('b'));
  const revision = String((await stage.function('bundled', 'is made', asleep)).status?.revision);
  const env = (await stage.deployment(revision)).spec?.template.spec?.containers[0]?.env ?? [];
  const name = String(env.find((one) => one.name === 'CATNAP_BUNDLE_0')?.valueFrom?.configMapKeyRef?.name);
  await kube.delete(CONFIG_MAPS, { namespace, name }, { signal });
  await stage.wake(revision);
  await stage.pod('bundled', revision, waiting('CreateContainerConfigError', `configmap "${name}" not found`));
  await eventually('it is back', () => kube.get(CONFIG_MAPS, { namespace, name }, { signal }));
});

test('a change of a ConfigMap in the environment makes a revision', async () => {
  await stage.configMap('settings', { A: '1' });
  await stage.apply('tuned', { ...inline('t'), envFrom: [{ configMapRef: { name: 'settings' } }] });
  const one = await stage.function('tuned', 'is made', asleep);
  await stage.configMap('settings', { A: '2' });
  await stage.function(
    'tuned',
    'has another revision',
    (fn) => fn.status?.latestRevision !== one.status?.latestRevision,
  );
});

test('a Function that is made again waits until what the one before left is collected', async () => {
  const fn = await stage.apply('again', inline('a'));
  const { revision } = (await stage.function('again', 'is made', asleep)).status ?? {};
  await kube.delete(FUNCTIONS, { namespace, name: 'again' }, { signal });
  await eventually('it is gone', () => stage.isGone('again'));
  await stage.apply('again', inline('a'));
  // Nothing collects here: the test does.
  await kube.delete(DEPLOYMENTS, { namespace, name: String(revision) }, { signal });
  await kube.delete(SERVICES, { namespace, name: 'again' }, { signal });
  const { items } = await kube.listAll(CONFIG_MAPS, { namespace, labelSelector: 'catnap.dev/function=again', signal });
  await kube.delete(CONFIG_MAPS, { namespace, name: String(items[0]?.metadata?.name) }, { signal });
  const next = await stage.function('again', 'is made again', asleep);
  assert.notEqual(next.metadata.uid, fn.metadata.uid);
  assert.equal((await stage.deployment(String(revision))).metadata?.ownerReferences?.[0]?.uid, next.metadata.uid);
});

test('idle, it goes to zero, not while the gateway is silent', async () => {
  const { revision } = await awake('sleeper', { ...inline('z'), scaling: { idleSeconds: 1 } });
  stage.activator.requests(`${namespace}/sleeper`, 0);
  stage.activator.up = false;
  const silentUntil = performance.now() + 2_500;
  await eventually('the time is over', () => performance.now() > silentUntil);
  assert.equal(await stage.replicas(revision), 1);
  stage.activator.up = true;
  await eventually('it is asleep', async () => (await stage.replicas(revision)) === 0, 5_000);
  const fn = await stage.function('sleeper', 'says why', (seen) => seen.status?.scaling?.desired === 0);
  assert.match(String(fn.status?.scaling?.reason), /no requests for \d+ s/);
});

test('minReplicas are there without any request', async () => {
  await stage.apply('warm', { ...inline('w'), scaling: { minReplicas: 2 } });
  const fn = await stage.function('warm', 'has a revision', (seen) => seen.status?.revision !== undefined);
  await eventually('it has two replicas', async () => (await stage.replicas(fn.status?.revision)) === 2);
});

test('the source in a ConfigMap: missing it is named, its arrival heals, a change makes a revision', async () => {
  await stage.apply('mapped', { source: { configMapRef: { name: 'mapped-src' } } });
  await stage.function('mapped', 'misses it', is('SourceReady', 'False ConfigMapNotFound'));
  await stage.configMap('mapped-src', { 'index.ts': 'export default () => 1' });
  const one = await stage.function('mapped', 'is made', asleep);
  await stage.configMap('mapped-src', { 'index.ts': 'export default () => 2' });
  await stage.function(
    'mapped',
    'has another revision',
    (fn) => fn.status?.latestRevision !== one.status?.latestRevision,
  );
});

test('equal source is the same revision again, and bundles nobody refers to go', async () => {
  const revisions = new Set<string | undefined>();
  for (const text of ['a', 'b', 'c', 'd', 'e', 'a']) {
    await stage.apply('many', inline(text));
    const fn = await stage.function('many', `has ${text}`, (seen) => asleep(seen));
    revisions.add(fn.status?.latestRevision);
  }
  assert.equal(revisions.size, 5);
  await eventually('two old revisions are kept', async () => (await stage.deployments('many')).length === 3);
  await eventually('their bundles are kept', async () => {
    const { items } = await kube.listAll(CONFIG_MAPS, { namespace, labelSelector: 'catnap.dev/function=many', signal });
    return items.length === 3;
  });
});

test('two functions that want one address: the second one is told who holds it', async () => {
  const routes = [{ host: 'api.example.org', pathPrefix: '/x' }];
  await stage.apply('first', { ...inline('1'), routes });
  await stage.function('first', 'is made', asleep);
  await stage.apply('second', { ...inline('2'), routes });
  const fn = await stage.function('second', 'is in conflict', is('RouteReady', 'False RouteConflict'));
  assert.match(String(found(fn, 'RouteReady')?.message), /default\/first/);
  await stage.apply('first', inline('1'));
  await stage.function('second', 'has it', asleep);
});

test('another version of the operator changes no active pod, and no revision; what sleeps gets its template', async () => {
  const { revision: active } = await awake('active', inline('a'));
  const sleeping = String((await stage.function('idle', 'is asleep', asleep)).status?.revision);
  const image = async (revision: string) =>
    (await stage.deployment(revision)).spec?.template.spec?.containers[0]?.image;
  await stage.stopOperator();
  await stage.startOperator({ CATNAP_RUNTIME_IMAGE: 'catnap.dev/runtime:next' });
  await eventually('what sleeps is changed', async () => (await image(sleeping)) === 'catnap.dev/runtime:next');
  assert.equal(await image(active), 'catnap.dev/runtime:dev');
  assert.equal(await stage.replicas(sleeping), 0);
  assert.equal((await stage.deployments('active')).length, 1);
  assert.equal((await stage.deployments('idle')).length, 1);
});

test('stored work makes no revision: pods that are there stay, and those that start later have its time to leave in', async () => {
  const { revision } = await awake('later', { ...inline('l'), scaling: { idleSeconds: 1 } });
  const spec = async () => (await stage.deployment(revision)).spec?.template.spec;
  await stage.apply('later', { ...inline('l'), scaling: { idleSeconds: 1 }, async: { timeoutSeconds: 900 } });
  const fn = await stage.function('later', 'has been looked at', is('Ready', 'True Ready'));
  assert.equal(fn.status?.latestRevision, revision);
  assert.equal((await spec())?.terminationGracePeriodSeconds, 70);
  stage.activator.requests(`${namespace}/later`, 0);
  await eventually('it may take longer', async () => (await spec())?.terminationGracePeriodSeconds === 910);
  assert.equal(await stage.replicas(revision), 0);
  const { name, value } = (await spec())?.containers[0]?.env?.find((one) => one.name.includes('ASYNC')) ?? {};
  assert.deepEqual([name, value], ['CATNAP_ASYNC_TIMEOUT_SECONDS', '900']);
  assert.equal((await stage.deployments('later')).length, 1);
});

test('a crash between making a Deployment and handing over its replicas is made good', async () => {
  const revision = String((await stage.function('idle', 'is asleep', asleep)).status?.revision);
  const deployment = await stage.deployment(revision);
  await stage.stopOperator();
  await kube.delete(DEPLOYMENTS, { namespace, name: revision }, { signal });
  const { managedFields: _, resourceVersion: __, uid: ___, ...metadata } = deployment.metadata ?? {};
  await kube.apply(DEPLOYMENTS, { ...deployment, metadata }, { fieldManager: 'catnap-operator', signal });
  await stage.startOperator();
  const handedOver = async () =>
    (await stage.deployment(revision)).metadata?.managedFields?.some(({ manager }) => manager === 'catnap-scaler');
  await eventually('it is handed over', handedOver);
  assert.equal(await stage.replicas(revision), 0);
});

test('a Deployment that is changed by hand is put back, awake too, and an Event says so', async () => {
  const { revision } = await awake('edited', { ...inline('edited'), env: [{ name: 'GREETING', value: 'hi' }] });
  const before = await stage.deployment(revision);
  const container = before.spec?.template.spec?.containers[0];
  const env = container?.env?.map((one) => (one.name === 'GREETING' ? { ...one, value: 'changed' } : one));
  const containers = [{ ...container, image: 'another/image', env }];
  const body = { spec: { template: { spec: { containers } } } };
  await kube.patch(
    DEPLOYMENTS,
    { namespace, name: revision },
    { type: 'merge', body },
    { fieldManager: 'hand', signal },
  );
  await eventually('it is as it was', async () => {
    const now = await stage.deployment(revision);
    assert.deepEqual(now.spec, before.spec);
    return true;
  });
  await eventually('an Event says so', async () => {
    const { items } = await kube.listAll(EVENTS, { namespace, signal });
    return items.some(({ reason, involvedObject }) => reason === 'DriftRepaired' && involvedObject.name === 'edited');
  });
});

test('one that loses its labels gets them again', async () => {
  const { revision } = await awake('bare', inline('bare'));
  const labels = { 'catnap.dev/function': null };
  const body = { metadata: { labels } };
  await kube.patch(
    DEPLOYMENTS,
    { namespace, name: revision },
    { type: 'merge', body },
    { fieldManager: 'hand', signal },
  );
  await eventually('its label is back', async () => {
    return (await stage.deployment(revision)).metadata?.labels?.['catnap.dev/function'] === 'bare';
  });
});

test('what another adds to a Deployment stays, and nothing that is as asked for is written', async () => {
  const { revision } = await awake('shared', inline('shared'));
  const ref = { namespace, name: revision };
  const body = { spec: { template: { metadata: { annotations: { 'another.example/added': 'yes' } } } } };
  const added = await kube.patch(DEPLOYMENTS, ref, { type: 'merge', body }, { fieldManager: 'another', signal });
  await stage.apply('shared', { ...inline('shared'), scaling: { maxReplicas: 7 } });
  await stage.function('shared', 'was looked at', (fn) => fn.status?.observedGeneration === 2);
  // The replicas are the scaler's, which may still be at the start that came before.
  const asked = ({ spec }: typeof added) => ({ ...spec, replicas: undefined });
  assert.deepEqual(asked(await stage.deployment(revision)), asked(added));
});
