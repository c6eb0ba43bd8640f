/** What the chart installs, from its first install to its removal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LABEL, SYSTEM_NAMESPACE } from '#api/names.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import {
  DEPLOYMENTS,
  LEASES,
  NAMESPACES,
  PODS,
  type Resource,
  type Scale,
  SECRETS,
  SERVICES,
} from '#platform/kube/resources.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import type { Table } from '../../local/chart/go-yaml.ts';
import { installChart, testChart, uninstallChart, upgradeChart } from '../../local/chart/install.ts';
import { mergeValues } from '../../local/chart/values.ts';
import { deployLocal, type LocalDeployed } from '../support/deployed-local.ts';
import { eventually } from '../support/eventually.ts';
import { GatewayClient } from '../support/gateway.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { traffic } from '../support/traffic.ts';
import { FUNCTION, World } from '../support/world.ts';

const SCALES: Resource<Scale> = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Scale',
  namespaced: true,
};
const soon = () => AbortSignal.timeout(120_000);

/** An installed Catnap and a namespace in it. */
async function scene(values: Table = {}) {
  await using stack = new AsyncDisposableStack();
  const system = stack.use(await deployLocal(values));
  const gateway = stack.use(new GatewayClient(system.gateway));
  const world = stack.use(await World.create(system.kube, gateway));
  const ending = stack.move();
  return { system, gateway, world, [Symbol.asyncDispose]: () => ending.disposeAsync() };
}

function targetOf({ kube }: LocalDeployed) {
  return { kube, signal: soon(), deadlineMs: 60_000 };
}

function withValues({ options }: LocalDeployed, values: Table) {
  return { ...options, values: mergeValues(options.values ?? {}, values) };
}

async function podUids({ kube }: LocalDeployed): Promise<Set<string>> {
  const options = { namespace: SYSTEM_NAMESPACE, labelSelector: `${LABEL.name}=catnap`, signal: soon() };
  return new Set((await kube.listAll(PODS, options)).items.map(({ metadata }) => String(metadata?.uid)));
}

test('an upgrade of operator, activators and dispatcher under traffic loses no request, those of a sleeping function included', async () => {
  await using stage = await scene({ operator: { replicas: 2 }, activator: { replicas: 2 } });
  const { system, gateway, world } = stage;
  const url = await world.deploy(manifest(world.namespace, 'busy', HELLO));
  const sleepy = await world.deploy(manifest(world.namespace, 'sleepy', HELLO, { scaling: { idleSeconds: 1 } }));
  assert.equal((await world.call(url)).status, 200);
  const before = await podUids(system);
  await using running = traffic(gateway, url, 8);
  await using waking = traffic(gateway, sleepy, 1);
  const changed = { podAnnotations: { 'example.org/restarted': 'now' } };
  const options = withValues(system, { operator: changed, activator: changed, dispatcher: changed });
  await upgradeChart(targetOf(system), system.installed, options);
  await eventually('the old pods are gone', async () => (await podUids(system)).isDisjointFrom(before), 90_000);
  const [busy, woken] = [await running.stop(), await waking.stop()];
  assert.deepEqual(Object.keys(busy), ['200'], JSON.stringify(busy));
  assert.deepEqual(Object.keys(woken), ['200'], JSON.stringify(woken));
  assert.ok((busy['200'] ?? 0) > 500, JSON.stringify(busy));
});

test('the chart’s own test asks a function through the gateway, and leaves nothing', async () => {
  await using stage = await scene();
  const { system } = stage;
  await testChart(targetOf(system), system.installed);
  const left = await system.kube.listAll(FUNCTION, { namespace: SYSTEM_NAMESPACE, signal: soon() });
  assert.deepEqual(left.items, []);
});

test('a removal leaves the functions, and another release takes them up where they were', async () => {
  await using stage = await scene();
  const { system, gateway, world } = stage;
  const url = await world.deploy(manifest(world.namespace, 'stays', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await uninstallChart(targetOf(system), system.installed);
  const fn = await world.get('stays');
  assert.equal(fn.metadata.deletionTimestamp, undefined);
  const services = await system.kube.listAll(SERVICES, { namespace: SYSTEM_NAMESPACE, signal: soon() });
  assert.deepEqual(services.items, []);
  await installChart(targetOf(system), { ...system.options, release: 'other' });
  await eventually('it answers again', async () => (await gateway.call(url)).status === 200, 60_000);
  await world.deploy(manifest(world.namespace, 'new', HELLO));
  await eventually('its name in the cluster leads to the new gateway', async () => {
    const service = await system.kube.get(SERVICES, world.ref('stays'), { signal: soon() });
    return service.spec?.externalName === `other-catnap-gateway.${SYSTEM_NAMESPACE}.svc.cluster.local`;
  });
});

test('after a removal no operator that is gone holds the Lease, and the next install leads at once', async () => {
  await using stage = await scene();
  const { system } = stage;
  const leases = async () => (await system.kube.listAll(LEASES, { namespace: SYSTEM_NAMESPACE, signal: soon() })).items;
  const dead = (await leases()).map(({ spec }) => spec?.holderIdentity);
  assert.equal(dead.length, 1);
  await uninstallChart(targetOf(system), system.installed);
  assert.deepEqual(await leases(), []);
  await installChart(targetOf(system), system.options);
  const lease = await eventually('one leads', async () => (await leases()).find(({ spec }) => spec?.holderIdentity));
  assert.equal(lease.spec?.leaseTransitions, 0, 'it was taken from nobody');
});

test('a removal that was asked to takes the functions with it', async () => {
  await using stage = await scene({ uninstall: { removeFunctions: true } });
  const { system, world } = stage;
  const url = await world.deploy(manifest(world.namespace, 'goes', HELLO));
  assert.equal((await world.call(url)).status, 200);
  await uninstallChart(targetOf(system), system.installed);
  const inside = { namespace: world.namespace, signal: soon() };
  const left = await Promise.all([
    system.kube.listAll(FUNCTION, inside),
    system.kube.listAll(DEPLOYMENTS, inside),
    system.kube.listAll(PODS, inside),
    system.kube.listAll(SERVICES, inside),
  ]);
  assert.deepEqual(
    left.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name)),
    [],
  );
});

test('the activator can wake functions, and lower, scale or read nothing else', async () => {
  await using stage = await scene();
  const { system, world } = stage;
  await world.deploy(manifest(world.namespace, 'mine', HELLO));
  const revision = String((await world.ready('mine')).status?.latestRevision);
  const labels = { app: 'strangers' };
  await world.put(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'strangers', namespace: world.namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'one', image: 'example.org/one' }] } },
    },
  });
  await using activator = await as(system, 'catnap-activator');
  const scale = (name: string, replicas = 1) =>
    activator.patch(
      SCALES,
      world.ref(name),
      { type: 'merge', body: { spec: { replicas } } },
      { subresource: 'scale', signal: soon() },
    );
  assert.equal((await scale(revision)).spec?.replicas, 1);
  await assert.rejects(scale(revision, 0), /denied request: the activator raises the scale of functions alone/);
  await assert.rejects(scale('strangers'), /ValidatingAdmissionPolicy 'catnap-activator-scale'.*denied request/);
  for (const resource of [SECRETS, DEPLOYMENTS, NAMESPACES] as Resource[]) {
    await assert.rejects(activator.listAll(resource, { signal: soon() }), isForbidden);
  }
});

test('limited to a namespace, it serves the functions there and sees no others', async () => {
  await using stage = await scene();
  const { system, gateway, world } = stage;
  const url = await world.deploy(manifest(world.namespace, 'inside', HELLO));
  await using elsewhere = await World.create(system.kube, gateway);
  await uninstallChart(targetOf(system), system.installed);
  await installChart(targetOf(system), withValues(system, { namespaces: [world.namespace] }));
  const mark = await world.deploy(manifest(world.namespace, 'marks', HELLO));
  await elsewhere.apply(manifest(elsewhere.namespace, 'outside', HELLO));
  await world.deploy(manifest(world.namespace, 'later', HELLO));
  assert.equal((await gateway.call(url)).status, 200);
  assert.equal((await gateway.call(mark)).status, 200);
  assert.equal((await elsewhere.get('outside')).status, undefined);
  const host = new URL(url).host.replace('inside', 'outside').replace(world.namespace, elsewhere.namespace);
  assert.equal((await gateway.call(`http://${host}`)).status, 404);
  await using operator = await as(system, 'catnap-operator');
  await assert.rejects(operator.listAll(FUNCTION, { signal: soon() }), isForbidden);
});

/** A client with the rights of one of the chart's service accounts. */
async function as({ kube, kubeconfig }: LocalDeployed, account: string): Promise<KubeClient> {
  const { server } = await clusterAccess({ KUBECONFIG: kubeconfig });
  const token = await serviceAccountToken(kube, { namespace: SYSTEM_NAMESPACE, name: account }, soon());
  const authorization = `Bearer ${token}`;
  return new KubeClient({
    server: server.replace('https:', 'http:'),
    source: account,
    credentials: async () => ({ authorization, tls: {} }),
    refresh: () => undefined,
  });
}

function isForbidden(error: unknown): boolean {
  return error instanceof KubeError && error.status === 403;
}
