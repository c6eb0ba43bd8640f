/** How soon the activator, as a process, acts on what the API server says of a function. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, CONTAINER, KIND, LABEL, PORT } from '#api/names.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { PODS, type Pod, type Resource } from '#platform/kube/resources.ts';
import { startBackend } from '../../activator/testing/test-backend.ts';
import { ask } from '../../activator/testing/test-gateway.ts';
import { startActivator } from '../../activator/testing/test-process.ts';
import { applyCrds } from '../../local/run/cluster.ts';
import { localProgram } from '../../local/run/programs.ts';
import { Supervised } from '../../local/run/supervised.ts';
import { eventually } from '../support/eventually.ts';
import { inherited } from '../support/settings.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const OTHERS = 300;
const ROUNDS = 15;
const namespace = 'default';
const signal = AbortSignal.timeout(100_000);
const user = { fieldManager: 'user', signal };

/** What the activator needs of a kubeconfig, as its environment has it. */
async function accessEnv(folder: string, kubeconfig: string): Promise<Record<string, string>> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8'));
  const files = { CATNAP_API_CA_FILE: join(folder, 'ca.pem'), CATNAP_API_TOKEN_FILE: join(folder, 'token') };
  await writeFile(files.CATNAP_API_CA_FILE, Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64'));
  await writeFile(files.CATNAP_API_TOKEN_FILE, users[0].user.token);
  return { CATNAP_API_URL: clusters[0].cluster.server, ...files };
}

/** Of a Function that is there: what the operator writes when it has accepted the route. */
function acceptRoute(kube: KubeClient, name: string, host: string): Promise<FunctionObject> {
  const routes = [{ host, pathPrefix: '/', accepted: true, since: new Date().toISOString() }];
  const status = { revision: `${name}-1`, latestRevision: `${name}-1`, routes };
  const fn = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace, name }, status } as unknown;
  return kube.apply<FunctionObject>(FUNCTION, fn as FunctionObject, { ...user, subresource: 'status' });
}

async function applyRoute(kube: KubeClient, name: string, host: string): Promise<void> {
  const spec = { image: 'x', routes: [{ host }] };
  const fn = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace, name }, spec } as unknown;
  await kube.apply<FunctionObject>(FUNCTION, fn as FunctionObject, user);
  await acceptRoute(kube, name, host);
}

/** A function with a revision, and a pod of it that answers at that port. */
async function awake(kube: KubeClient, name: string, port: number): Promise<void> {
  await applyRoute(kube, name, 'first.example.org');
  const labels = { [LABEL.function]: name, [LABEL.revision]: `${name}-1` };
  const ports = [{ name: PORT.http.name, containerPort: port }];
  const spec = { nodeName: 'node', containers: [{ name: CONTAINER, image: 'x', ports }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: `${name}-pod`, labels }, spec };
  const created = await kube.create<Pod>(PODS, pod, { signal });
  const running = { phase: 'Running', podIP: '127.0.0.1' };
  await kube.replace<Pod>(PODS, { ...created, status: running }, { subresource: 'status', signal });
}

test('a route leads to its function within 50 ms of being accepted, the median of several', async () => {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'catnap-routes-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  const env = { ...inherited, CLUSTER_DATA_DIR: folder, CLUSTER_KUBECONFIG_FILE: kubeconfig };
  parts.use(new Supervised(localProgram('api-server', env, join(folder, 'api-server.log'))));
  await eventually('the API server has written its kubeconfig', () => existsSync(kubeconfig));
  const kube = parts.use(new KubeClient(await clusterAccess({ KUBECONFIG: kubeconfig })));
  await applyCrds(kube, signal);
  const backend = await startBackend('', (_req, res) => res.end('hi'));
  parts.defer(() => backend.down());
  for (let i = 0; i < OTHERS; i += 1) await applyRoute(kube, `other-${i}`, `other-${i}.example.org`);
  await awake(kube, 'hello', backend.port);
  const { CATNAP_API_URL: url = '', ...access } = await accessEnv(folder, kubeconfig);
  const activator = parts.use(await startActivator(url, access));
  const agent = new Agent({ keepAlive: true });
  parts.defer(() => agent.destroy());
  const answers = async (host: string) => (await ask(activator.port, { host, agent })).status === 200;
  await eventually('the first route leads to it', () => answers('first.example.org'));

  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const host = `round-${round}.example.org`;
    assert.equal(await answers(host), false);
    const beganMs = performance.now();
    const written = acceptRoute(kube, 'hello', host);
    while (!(await answers(host))) assert.ok(performance.now() - beganMs < 5_000, 'it is never there');
    tookMs.push(performance.now() - beganMs);
    await written;
  }
  const median = tookMs.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.POSITIVE_INFINITY;
  assert.ok(median < 50, `${median} ms: ${tookMs.map(Math.round)}`);
});
