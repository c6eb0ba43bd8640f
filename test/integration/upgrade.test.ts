/** From the release before this one to this one and back, by Helm itself, while functions are asked. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { definitions } from '#api/crd.ts';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { CRDS, establishCrd } from '#platform/kube/crd.ts';
import { DEPLOYMENTS, type KubeObject, type Pod } from '#platform/kube/resources.ts';
import { type ClusterTool, helm, runTool } from '#platform/testing/cluster-tools.ts';
import { copyChart } from '../../.toolchain/chart-package.ts';
import { STORAGE_CLASSES } from '../../local/cluster/volumes/kinds.ts';
import { ROOT } from '../../local/package-root.ts';
import { freeNodePort, startCluster } from '../support/deployed-local.ts';
import { GatewayClient } from '../support/gateway.ts';
import { kubectlEnv } from '../support/kubectl.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { traffic } from '../support/traffic.ts';
import { World } from '../support/world.ts';

const BEFORE = '0.1.0';
const NOW = '0.2.0';
const FIXTURES = join(ROOT, 'test', 'upgrade');
const RUN_MS = 120_000;
const soon = () => AbortSignal.timeout(RUN_MS);

const tool = helm(`that an upgrade from ${BEFORE} and its rollback lose no request`);
if (tool !== undefined) suite(`helm ${tool.version}`, () => upgradeSuite(tool));

function upgradeSuite(tool: ClusterTool): void {
  test(`an upgrade from ${BEFORE} and its rollback lose no request, and leave functions and their pods as they are`, async () => {
    await using stage = await installedBefore(tool);
    const { world, gateway, run, chart } = stage;
    const awake = { scaling: { minReplicas: 1, maxReplicas: 1 } };
    const busy = await world.deploy(manifest(world.namespace, 'busy', HELLO, awake));
    const napping = await world.deploy(manifest(world.namespace, 'napping', HELLO, { scaling: { idleSeconds: 1 } }));
    const asleep = await world.deploy(manifest(world.namespace, 'asleep', HELLO));
    for (const url of [busy, napping, asleep]) assert.equal((await world.call(url)).status, 200);
    await world.asleep('asleep');
    await using running = traffic(gateway, busy, 4);
    await using waking = traffic(gateway, napping, 1, () => world.asleep('napping'));
    await using read = reading(world);
    const before = await facts(world);
    assert.equal(before.pods.length, 1);

    const noVolume = await stage.upgradeWithoutDefaultClass();
    assert.match(
      noVolume,
      /no default StorageClass.*dispatcher\.storage\.class to one of this cluster's StorageClasses: local-path/,
    );
    assert.deepEqual(await stage.systemImages(), systemImages(BEFORE));
    assert.deepEqual(await facts(world), before);

    await run('upgrade', 'catnap', chart, '--values', stage.values, '--wait');
    assert.deepEqual(await stage.systemImages(), systemImages(NOW));
    assert.deepEqual(await stage.served(), definitions().map(versionsOf));
    assert.deepEqual(await facts(world), before);
    assert.equal((await world.call(asleep)).status, 200);

    await run('rollback', 'catnap', '1', '--wait');
    assert.deepEqual(await stage.systemImages(), systemImages(BEFORE));
    assert.deepEqual(await facts(world), before);

    const seen = [await running.stop(), await waking.stop()];
    for (const answers of seen) assert.deepEqual(Object.keys(answers), ['200'], JSON.stringify(seen));
    assert.ok((await read.stop()) > 20);
  });
}

/** The release before, installed on a cluster that had its definition of Functions. */
async function installedBefore(tool: ClusterTool) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-upgrade-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const kubeconfig = join(dir, 'kubeconfig');
  const cluster = stack.use(await startCluster(dir, kubeconfig, [BEFORE, NOW]));
  const kube = stack.use(await cluster.ready(soon()));
  const chart = join(dir, 'chart');
  await copyChart(chart, NOW);
  const port = await freeNodePort();
  const values = join(dir, 'values.json');
  // Small, and on one node, where all know at once that an activator leaves.
  const own = { replicas: 2, resources: { requests: { cpu: '10m', memory: '32Mi' } } };
  const service = { type: 'NodePort', nodePorts: { http: port } };
  const set = { domain: 'localhost', service, operator: own, activator: { ...own, drainQuietSeconds: 0.5 } };
  await writeFile(values, JSON.stringify(set));
  const ran = async (...args: string[]) => {
    const all = [...args, '--namespace', SYSTEM_NAMESPACE];
    const { code, stdout, stderr } = await runTool(tool, all, { env: kubectlEnv(kubeconfig), timeoutMs: RUN_MS });
    return { code, said: `helm ${all.join(' ')}: ${stderr}${stdout}` };
  };
  const run = async (...args: string[]) => {
    const { code, said } = await ran(...args);
    assert.equal(code, 0, said);
  };
  const crd = parse(await readFile(join(FIXTURES, `functions.catnap.dev-${BEFORE}.yaml`), 'utf8')) as KubeObject;
  await establishCrd(kube, crd, { fieldManager: 'catnap-operator', signal: soon() });
  const old = join(FIXTURES, `catnap-${BEFORE}.tgz`);
  // The hook's program is today's, and would bring today's definition.
  const set0 = ['--values', values, '--set', 'crds.install=false', '--create-namespace', '--wait'];
  await run('install', 'catnap', old, ...set0);
  const gateway = stack.use(new GatewayClient(`http://127.0.0.1:${port}`));
  const world = stack.use(await World.create(kube, gateway));
  const ending = stack.move();
  return {
    ...{ world, gateway, run, chart, values },
    /** What Helm says of an upgrade while the cluster's class is not the default one. */
    async upgradeWithoutDefaultClass() {
      const asDefault = (is: string) => {
        const body = { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': is } } };
        return kube.patch(STORAGE_CLASSES, { name: 'local-path' }, { type: 'merge', body }, { signal: soon() });
      };
      await asDefault('false');
      const { code, said } = await ran('upgrade', 'catnap', chart, '--values', values, '--wait');
      assert.notEqual(code, 0);
      await asDefault('true');
      return said;
    },
    /** Images that run there, each once: the log keeper's is the operator's. */
    async systemImages() {
      const { items } = await kube.listAll(DEPLOYMENTS, { namespace: SYSTEM_NAMESPACE, signal: soon() });
      return [...new Set(items.flatMap(({ spec }) => spec?.template.spec?.containers[0]?.image ?? []))].sort();
    },
    /** Of each definition that this version has. */
    async served() {
      const names = definitions().map(({ metadata }) => metadata.name);
      return Promise.all(names.map(async (name) => versionsOf(await kube.get(CRDS, { name }, { signal: soon() }))));
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

function versionsOf(crd: object): unknown {
  return (crd as { spec?: { versions?: unknown } }).spec?.versions;
}

function systemImages(version: string): string[] {
  return ['activator', 'operator'].map((program) => `catnap/${program}:${version}`);
}

/** What an upgrade must not change: spec and status of each function, and the pods of the one that never sleeps. */
async function facts(world: World) {
  const names = ['busy', 'napping', 'asleep'];
  const functions = await Promise.all(
    names.map(async (name) => {
      const { metadata, spec, status } = await world.ready(name);
      const { url, latestRevision, conditions } = status ?? {};
      return {
        uid: metadata.uid,
        generation: metadata.generation,
        spec,
        url,
        latestRevision,
        since: sinceOf(conditions),
      };
    }),
  );
  const pods = (await world.pods('busy')).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return { functions, pods: pods.map(podFacts) };
}

/** Since when it is ready. */
function sinceOf(conditions: readonly { type: string; lastTransitionTime?: string | undefined }[] = []) {
  return conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime;
}

function podFacts({ metadata, status }: Pod) {
  const [container] = status?.containerStatuses ?? [];
  return { uid: metadata?.uid, restarts: container?.restartCount, containerId: container?.containerID };
}

/** Reads the functions again and again, which must never fail; `stop` tells how often. */
function reading(world: World) {
  let going = true;
  let times = 0;
  const all = (async () => {
    while (going) {
      await world.get('asleep');
      times += 1;
      await new Promise(setImmediate);
    }
  })();
  const stop = async (): Promise<number> => {
    going = false;
    await all;
    return times;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
