import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isNotFound } from '#platform/kube/error.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  EVENTS,
  PODS,
  type Pod,
  REPLICA_SETS,
  SERVICES,
} from '#platform/kube/resources.ts';
import { DISRUPTION_BUDGETS, type ResourceQuota, SERVICE_ACCOUNTS } from '../../../local/cluster/controllers/kinds.ts';
import { aContainer, aDeployment, ask, isReady, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

const RESOURCE_QUOTAS = { group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota', namespaced: true };

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

test('a Deployment becomes pods that answer, each at an address of its own, and goes back to none', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const deployment = await ns.deploy('web', 2);
  const pods = await ns.pods();
  assert.equal(new Set(pods.map((pod) => pod.status?.podIP)).size, 2);
  assert.match((await ask(pods[0] as Pod)) ?? '', /^web \d+$/);
  const progressing = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
  assert.equal(progressing?.reason, 'NewReplicaSetAvailable');
  await ns.scale('web', 0);
  await until(async () => (await ns.pods()).length === 0);
  await ns.available('web', 0);
});

test('from scale to spawn to an address takes a few calls', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  await ns.deploy('web', 0);
  const { resourceVersion } = (await cluster.kube.listAll(PODS, { namespace, signal })).metadata;
  const startMs = Date.now();
  await ns.scale('web', 1);
  let createdMs = 0;
  for await (const { type, object } of cluster.kube.watch(PODS, { namespace, signal, resourceVersion })) {
    if (type === 'ADDED') createdMs = Date.now() - startMs;
    if (object.status?.podIP === undefined) continue;
    const seenMs = Date.now() - startMs;
    const file = join(cluster.dataDir, 'pods', object.metadata?.uid ?? '', 'containers/a/0.json');
    const spawnedMs = JSON.parse(readFileSync(file, 'utf8')).startedAtMs - startMs;
    t.diagnostic(`after the scale call: pod ${createdMs} ms, spawned ${spawnedMs} ms, address seen ${seenMs} ms`);
    assert.ok(spawnedMs >= 0 && spawnedMs <= seenMs);
    break;
  }
});

test('with maxUnavailable 0 a rollout never has fewer pods ready than wanted, and leaves no old ReplicaSet', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await ns.deploy('web', 2, { strategy, revisionHistoryLimit: 0 });
  const body = { spec: { template: { metadata: { annotations: { round: 'two' } } } } };
  await cluster.kube.patch(DEPLOYMENTS, { namespace, name: 'web' }, { type: 'merge', body }, { signal });
  let fewest = 2;
  await until(async () => {
    const pods = await ns.pods();
    fewest = Math.min(fewest, pods.filter(isReady).length);
    return pods.length === 2 && pods.every((pod) => isReady(pod) && pod.metadata?.annotations?.round === 'two');
  });
  assert.equal(fewest, 2);
  await until(async () => (await cluster.kube.listAll(REPLICA_SETS, { namespace, signal })).items.length === 1);
});

test('Recreate starts the new pods when the old ones are gone', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  await ns.deploy('web', 1, { strategy: { type: 'Recreate' } });
  const body = { spec: { template: { metadata: { annotations: { round: 'two' } } } } };
  await cluster.kube.patch(DEPLOYMENTS, { namespace, name: 'web' }, { type: 'merge', body }, { signal });
  let most = 1;
  await until(async () => {
    const pods = await ns.pods();
    most = Math.max(most, pods.length);
    return pods.some((pod) => isReady(pod) && pod.metadata?.annotations?.round === 'two');
  });
  assert.equal(most, 1);
});

test('a quota that is exceeded is a condition of the Deployment, until there is room', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const quota: ResourceQuota = { metadata: { namespace, name: 'none' }, spec: { hard: { pods: '0' } } };
  await cluster.kube.create(RESOURCE_QUOTAS, quota, { signal });
  await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, 'web', 1), { signal });
  const failure = await until(async () => {
    const { status } = await cluster.kube.get(DEPLOYMENTS, { namespace, name: 'web' }, { signal });
    return status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  });
  assert.equal(failure.reason, 'FailedCreate');
  assert.match(failure.message ?? '', /^pods "web-\S+" is forbidden: exceeded quota: none/);
  await until(async () => {
    const events = await cluster.kube.listAll(EVENTS, { namespace, signal });
    return events.items.some(
      (event) => event.reason === 'FailedCreate' && event.message?.startsWith('Error creating: '),
    );
  });
  await cluster.kube.delete(RESOURCE_QUOTAS, { namespace, name: 'none' }, { signal });
  const { status } = await ns.available('web', 1);
  assert.equal(
    status?.conditions?.some((condition) => condition.type === 'ReplicaFailure'),
    false,
  );
});

test('a disruption budget knows how many pods may go', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
  await cluster.kube.create(DISRUPTION_BUDGETS, { metadata: { namespace, name: 'web' }, spec }, { signal });
  const allowed = async (): Promise<number | undefined> =>
    (await cluster.kube.get(DISRUPTION_BUDGETS, { namespace, name: 'web' }, { signal })).status?.disruptionsAllowed;
  await until(async () => (await allowed()) === 0);
  await ns.deploy('web', 2);
  await until(async () => (await allowed()) === 1);
});

test('a Service leads to its ready pods', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  const service = { metadata: { namespace, name: 'web' }, spec: { selector: { app: 'web' }, ports } };
  await cluster.kube.create(SERVICES, service, { signal });
  await ns.deploy('web', 1);
  const endpoint = await until(async () => {
    const labelSelector = 'kubernetes.io/service-name=web';
    const { items } = await cluster.kube.listAll(ENDPOINT_SLICES, { namespace, labelSelector, signal });
    const [found] = items.flatMap((slice) => slice.endpoints ?? []);
    return found?.conditions?.ready === true && found;
  });
  assert.deepEqual(endpoint.addresses, [(await ns.pods())[0]?.status?.podIP]);
});

test('what an owner leaves behind is collected in the background or foreground, or left alone and adopted', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const setOf = async (name: string) => {
    await ns.deploy(name, 1);
    const { items } = await cluster.kube.listAll(REPLICA_SETS, { namespace, labelSelector: `app=${name}`, signal });
    return { namespace, name: items[0]?.metadata?.name ?? '' };
  };
  const [back, fore, kept] = [await setOf('back'), await setOf('fore'), await setOf('kept')];
  const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
    cluster.kube.delete(DEPLOYMENTS, { namespace, name }, { signal, propagationPolicy });
  await remove('back', 'Background');
  await remove('fore', 'Foreground');
  await remove('kept', 'Orphan');
  for (const set of [back, fore]) {
    await until(() => cluster.kube.get(REPLICA_SETS, set, { signal }).then(() => false, isNotFound));
  }
  // An owner that lets its own go stays until they are.
  await until(() =>
    cluster.kube.get(DEPLOYMENTS, { namespace, name: 'kept' }, { signal }).then(() => false, isNotFound),
  );
  await until(async () => (await ns.pods()).length === 1);
  const orphan = await cluster.kube.get(REPLICA_SETS, kept, { signal });
  assert.equal(orphan.metadata?.ownerReferences, undefined);
  const [pod] = await ns.pods();
  await ns.deploy('kept', 1);
  const adopted = await cluster.kube.get(REPLICA_SETS, kept, { signal });
  assert.equal(adopted.metadata?.ownerReferences?.[0]?.kind, 'Deployment');
  assert.deepEqual(
    (await ns.pods()).map((left) => left.metadata?.uid),
    [pod?.metadata?.uid],
  );
});

test('an object whose owner never was is collected', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const uid = '00000000-0000-0000-0000-000000000000';
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid }];
  const child = { metadata: { namespace, name: 'child', ownerReferences } };
  await cluster.kube.create(CONFIG_MAPS, child, { signal });
  await until(() =>
    cluster.kube.get(CONFIG_MAPS, { namespace, name: 'child' }, { signal }).then(() => false, isNotFound),
  );
});

test('a namespace gets its default ServiceAccount, again when it is deleted', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const ref = { namespace: ns.name, name: 'default' };
  const account = () => cluster.kube.get(SERVICE_ACCOUNTS, ref, { signal: ns.signal }).catch(() => undefined);
  const before = await until(account);
  await cluster.kube.delete(SERVICE_ACCOUNTS, ref, { signal: ns.signal });
  await until(async () => {
    const now = await account();
    return now !== undefined && now.metadata?.uid !== before.metadata?.uid;
  });
});

test('a pod that is scaled away is told to go once, and has its time', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const heard = join(cluster.dataDir, `${ns.name}-heard`);
  // Goes half a second after the first signal, so that a second one is heard too.
  const script = `const { appendFileSync } = require('node:fs');
    process.on('SIGTERM', () => { appendFileSync('${heard}', 'told '); setTimeout(() => process.exit(), 500); });
    appendFileSync('${heard}', 'up ');
    setInterval(() => {}, 1000);`;
  const labels = { app: 'told' };
  const containers = [aContainer({ image: 'web', command: ['node', '-e', script] })];
  await ns.deploy('told', 1, {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { automountServiceAccountToken: false, containers } },
  });
  await until(async () => existsSync(heard));
  await ns.scale('told', 0);
  await until(async () => (await ns.pods()).length === 0);
  assert.equal(readFileSync(heard, 'utf8'), 'up told ');
});
