import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import { DEPLOYMENTS, SERVICES, type Service } from '#platform/kube/resources.ts';
import { aContainer, aDeployment, isReady, startCluster, TestNamespace, until } from './fixtures.ts';
import { freePort, type TestCluster } from './programs.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

const PORTS = [{ name: 'http', port: 8085, targetPort: 'http' }];

async function aService(ns: TestNamespace, spec: object): Promise<Service> {
  const service = {
    metadata: { namespace: ns.name, name: 'web' },
    spec: { selector: { app: 'web' }, ports: PORTS, ...spec },
  };
  return await cluster.kube.create(SERVICES, service, { signal: ns.signal });
}

/** What answers there: the name and pid of a pod's program. Undefined when nothing does. */
async function answerAt(host: string, port: number, path = '/'): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const asked = get({ host, port, path, agent: false }, async (answer) => resolve((await answer.toArray()).join('')));
    asked.on('error', () => resolve(undefined));
  });
}

test('a NodePort leads to the ready pods, and to nobody when there are none', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const service = await aService(ns, { type: 'NodePort' });
  const nodePort = service.spec?.ports?.[0]?.nodePort ?? 0;
  assert.equal(await answerAt('127.0.0.1', nodePort), undefined);
  await ns.deploy('web', 2);
  const answers = new Set<string>();
  await until(async () => answers.add((await answerAt('127.0.0.1', nodePort)) ?? '').delete('') || answers.size === 2);
  await until(async () => answers.add((await answerAt(service.spec?.clusterIP ?? '', 8085)) ?? '').size === 2);
  await ns.scale('web', 0);
  await until(async () => (await answerAt('127.0.0.1', nodePort)) === undefined);
});

test('during a rollout no request is lost, neither a new one nor one that was under way before', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const { spec } = await aService(ns, { type: 'NodePort' });
  const nodePort = spec?.ports?.[0]?.nodePort ?? 0;
  // A pod that leaves goes on until the node has heard that it does.
  const lifecycle = { preStop: { sleep: { seconds: 1 } } };
  const { template } = aDeployment(namespace, 'web', 2).spec ?? {};
  const containers = (template?.spec?.containers ?? []).map((container) => ({ ...container, lifecycle }));
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await ns.deploy('web', 2, { strategy, template: { ...template, spec: { ...template?.spec, containers } } });
  const roll = async (round: string): Promise<void> => {
    const body = { spec: { template: { metadata: { annotations: { round } } } } };
    await cluster.kube.patch(DEPLOYMENTS, { namespace, name: 'web' }, { type: 'merge', body }, { signal });
  };
  const rolledTo = async (round: string): Promise<boolean> => {
    const pods = await ns.pods();
    return pods.length === 2 && pods.every((pod) => isReady(pod) && pod.metadata?.annotations?.round === round);
  };
  const held = answerAt('127.0.0.1', nodePort, '/held');
  await roll('two');
  let lost = 0;
  await until(async () => {
    if ((await answerAt('127.0.0.1', nodePort)) === undefined) lost += 1;
    return await rolledTo('two');
  });
  assert.equal(lost, 0);
  assert.match((await held) ?? '', /^web \d+$/);
});

test('a load balancer has the address of the node; a Service that is none any more has none', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const port = await freePort();
  await aService(ns, { type: 'LoadBalancer', ports: [{ port, targetPort: 'http' }] });
  const ref = { namespace, name: 'web' };
  const ingress = async () => (await cluster.kube.get(SERVICES, ref, { signal })).status?.loadBalancer?.ingress;
  await until(async () => (await ingress())?.[0]?.ip === '127.0.0.1');
  await ns.deploy('web', 1);
  await until(async () => (await answerAt('127.0.0.1', port)) !== undefined);
  await cluster.kube.patch(SERVICES, ref, { type: 'merge', body: { spec: { type: 'ClusterIP' } } }, { signal });
  await until(async () => (await ingress()) === undefined);
  await until(async () => (await answerAt('127.0.0.1', port)) === undefined);
});

test('a pod that has a part in the cluster finds Services by name', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await aService(ns, {});
  await ns.deploy('web', 1);
  const script = `fetch('http://web.${ns.name}:' + process.env.WEB_SERVICE_PORT_HTTP).then(async (answer) => console.log(await answer.text()))`;
  const container = aContainer({
    image: 'web',
    command: ['node', '-e', script],
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
  });
  const volumes = [{ name: 'v', emptyDir: {} }];
  const spec = { automountServiceAccountToken: undefined, restartPolicy: 'Never', containers: [container], volumes };
  const account = { metadata: { namespace: ns.name, name: 'tokenless' }, automountServiceAccountToken: false };
  const accounts = { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true };
  await cluster.kube.create(accounts, account, { signal: ns.signal });
  await ns.createPod('client', { ...spec, serviceAccountName: 'tokenless' });
  await until(async () => (await ns.pod('client')).status?.phase === 'Succeeded');
  assert.match(await ns.log('client'), /^web \d+\n$/);
});
