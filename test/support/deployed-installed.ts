import { LABEL, OPS_PORT_NAME } from '#api/names.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { DEPLOYMENTS, type Deployment, ENDPOINT_SLICES, PODS, SERVICES } from '#platform/kube/resources.ts';
import { receivedBy } from './activator-metrics.ts';
import type { Deployed, Part } from './deployed.ts';
import { eventually } from './eventually.ts';
import { settings } from './settings.ts';

const soon = () => AbortSignal.timeout(60_000);

/** Operator and activator as a chart installed them, found by their `app.kubernetes.io/component` label. */
export async function deployInstalled(kubeconfig: string, namespace: string): Promise<Deployed> {
  const gateway = settings.CATNAP_TEST_GATEWAY;
  if (gateway === undefined)
    throw new Error('CATNAP_TEST_SYSTEM_NAMESPACE needs CATNAP_TEST_GATEWAY, the gateway as reached from here');
  const kube = new KubeClient(await clusterAccess({ KUBECONFIG: kubeconfig, HOME: settings.HOME }));
  const deployed = await fromCluster(kube, { kubeconfig, namespace, gateway });
  return { ...deployed, [Symbol.asyncDispose]: () => kube[Symbol.asyncDispose]() };
}

/** What the tests need of a Catnap that runs in the namespace of a cluster. */
export async function fromCluster(
  kube: KubeClient,
  { kubeconfig, namespace, gateway }: { kubeconfig: string; namespace: string; gateway: string },
): Promise<Omit<Deployed, keyof AsyncDisposable>> {
  return {
    kubeconfig,
    kube,
    gateway,
    domain: await domainOf(kube, namespace),
    operator: await installedPart(kube, namespace, 'operator'),
    activator: await installedPart(kube, namespace, 'activator'),
    ...(await optionalPart(kube, namespace, 'dispatcher')),
    received: (ns, name) => receivedByAll(kube, namespace, ns, name),
  };
}

const selector = (component: string) => `app.kubernetes.io/component=${component},${LABEL.name}=catnap`;

async function deploymentsOf(kube: KubeClient, namespace: string, component: string): Promise<Deployment[]> {
  return (await kube.listAll(DEPLOYMENTS, { namespace, labelSelector: selector(component), signal: soon() })).items;
}

async function deploymentOf(kube: KubeClient, namespace: string, component: string): Promise<Deployment> {
  const [deployment] = await deploymentsOf(kube, namespace, component);
  if (deployment === undefined)
    throw new Error(`no Deployment labelled ${selector(component)} in namespace ${namespace}`);
  return deployment;
}

/** Nothing where the installation does without it. */
async function optionalPart(kube: KubeClient, namespace: string, component: 'dispatcher') {
  if ((await deploymentsOf(kube, namespace, component)).length === 0) return {};
  return { [component]: await installedPart(kube, namespace, component) };
}

async function installedPart(kube: KubeClient, namespace: string, component: string): Promise<Part> {
  const deployment = await deploymentOf(kube, namespace, component);
  const ref = { namespace, name: String(deployment.metadata?.name) };
  const replicas = deployment.spec?.replicas ?? 1;
  const pods = async () =>
    (await kube.listAll(PODS, { namespace, labelSelector: selector(component), signal: soon() })).items;
  const scale = async (to: number) => {
    await kube.patch(DEPLOYMENTS, ref, { type: 'merge', body: { spec: { replicas: to } } }, { signal: soon() });
    await eventually(`${component} has ${to} replicas`, async () => {
      const { status } = await kube.get(DEPLOYMENTS, ref, { signal: soon() });
      return (status?.readyReplicas ?? 0) === to && (await pods()).length === to;
    });
  };
  return {
    async kill() {
      const before = await pods();
      for (const pod of before) {
        const options = { gracePeriodSeconds: 0, signal: soon() };
        await kube.delete(PODS, { namespace, name: String(pod.metadata?.name) }, options);
      }
      const uids = new Set(before.map(({ metadata }) => metadata?.uid));
      await eventually(`${component} was started again`, async () => {
        const { status } = await kube.get(DEPLOYMENTS, ref, { signal: soon() });
        const others = (await pods()).every(({ metadata }) => !uids.has(metadata?.uid));
        return others && status?.readyReplicas === replicas;
      });
    },
    stop: () => scale(0),
    start: () => scale(replicas),
    pid: () => undefined,
  };
}

/** The domain that the operator was told. */
async function domainOf(kube: KubeClient, namespace: string): Promise<string> {
  const operator = await deploymentOf(kube, namespace, 'operator');
  const env = operator.spec?.template.spec?.containers[0]?.env ?? [];
  const value = (name: string) => env.find((e) => e.name === name)?.value;
  const port = value('CATNAP_URL_PORT');
  return `${value('CATNAP_DOMAIN') ?? 'localhost'}${port ? `:${port}` : ''}`;
}

/** The Service that leads to each activator's metrics: of those labelled as the activator's, the one with that port. */
async function activatorService(kube: KubeClient, namespace: string): Promise<string> {
  const labelSelector = selector('activator');
  const { items } = await kube.listAll(SERVICES, { namespace, labelSelector, signal: soon() });
  const service = items.find(({ spec }) => spec?.ports?.some(({ name }) => name === OPS_PORT_NAME));
  if (service === undefined)
    throw new Error(`no Service labelled ${labelSelector} with a port "${OPS_PORT_NAME}" in namespace ${namespace}`);
  return String(service.metadata?.name);
}

async function receivedByAll(
  kube: KubeClient,
  systemNamespace: string,
  namespace: string,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const service = await activatorService(kube, systemNamespace);
  const slices = await kube.listAll(ENDPOINT_SLICES, {
    namespace: systemNamespace,
    labelSelector: `kubernetes.io/service-name=${service}`,
    signal: soon(),
  });
  const urls = slices.items.flatMap((slice) => {
    const port = slice.ports?.find((p) => p.name === OPS_PORT_NAME)?.port;
    return (slice.endpoints ?? []).flatMap((e) => e.addresses.map((address) => `http://${address}:${port}/metrics`));
  });
  return receivedBy(urls, namespace, name);
}
