import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { isNotFound } from '#platform/kube/error.ts';
import { PODS } from '#platform/kube/resources.ts';
import { CLAIMS, type Claim, STORAGE_CLASSES, VOLUMES } from '../../../local/cluster/volumes/kinds.ts';
import { aContainer, first, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

class Claims {
  readonly ns: TestNamespace;

  constructor(ns: TestNamespace) {
    this.ns = ns;
  }

  static async create(t: TestContext): Promise<Claims> {
    return new Claims(await TestNamespace.create(t, cluster));
  }

  async claim(name: string, spec: object = {}): Promise<void> {
    const wanted = { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } }, ...spec };
    const { name: namespace, signal } = this.ns;
    await cluster.kube.create(CLAIMS, { metadata: { namespace, name }, spec: wanted }, { signal });
  }

  async get(name: string): Promise<Claim> {
    return await cluster.kube.get(CLAIMS, { namespace: this.ns.name, name }, { signal: this.ns.signal });
  }

  /** The folder of a claim that is bound. */
  async folder(name: string): Promise<{ volume: string; path: string }> {
    const volume = (await this.get(name)).spec?.volumeName ?? '';
    const { spec } = await cluster.kube.get(VOLUMES, { name: volume }, { signal: this.ns.signal });
    return { volume, path: spec?.local?.path ?? '' };
  }

  async run(name: string, claim: string, script: string): Promise<void> {
    const volumeMounts = [{ name: 'v', mountPath: '/run/catnap-test/data' }];
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: claim } }];
    const containers = [aContainer({ args: [script], volumeMounts })];
    await this.ns.createPod(name, { restartPolicy: 'Never', containers, volumes });
  }

  async phase(name: string, phase: string): Promise<void> {
    await until(async () => (await this.ns.pod(name)).status?.phase === phase);
  }

  async unscheduled(name: string, why: string): Promise<void> {
    await until(async () => {
      const { conditions, phase } = (await this.ns.pod(name)).status ?? {};
      const scheduled = conditions?.find(({ type }) => type === 'PodScheduled');
      return phase === 'Pending' && scheduled?.reason === 'Unschedulable' && scheduled.message === why;
    });
  }
}

const TAKEN =
  '0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

test('there is a default class, by whose claims pods share a folder one after the other', async (t) => {
  const claims = await Claims.create(t);
  const { items } = await cluster.kube.listAll(STORAGE_CLASSES, { signal: claims.ns.signal });
  assert.deepEqual(
    items.map(({ metadata, volumeBindingMode }) => [metadata?.name, volumeBindingMode]),
    [['local-path', 'WaitForFirstConsumer']],
  );
  await claims.claim('data');
  assert.equal((await claims.get('data')).spec?.storageClassName, 'local-path');
  await claims.run('writer', 'data', 'echo kept > /run/catnap-test/data/file');
  await claims.phase('writer', 'Succeeded');
  await claims.run('reader', 'data', 'cat /run/catnap-test/data/file');
  await claims.phase('reader', 'Succeeded');
  assert.equal(await claims.ns.log('reader'), 'kept\n');
  const { status } = await claims.get('data');
  assert.deepEqual([status?.phase, status?.capacity], ['Bound', { storage: '1Gi' }]);
});

test('a pod waits for its claim, and for another pod to be through with it', async (t) => {
  const claims = await Claims.create(t);
  await claims.run('first', 'data', 'sleep 600');
  await claims.unscheduled('first', '0/1 nodes are available: persistentvolumeclaim "data" not found. not found');
  await claims.claim('data');
  await claims.phase('first', 'Running');
  await claims.run('second', 'data', 'sleep 600');
  await claims.unscheduled('second', TAKEN);
  await claims.ns.remove('first');
  await claims.phase('second', 'Running');
});

test('a claim of no class waits for a volume that somebody makes', async (t) => {
  const claims = await Claims.create(t);
  await claims.claim('data', { storageClassName: '' });
  await claims.run('waits', 'data', 'true');
  await claims.unscheduled(
    'waits',
    '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
  );
  const { signal, name: namespace } = claims.ns;
  const name = `made-by-hand-${namespace}`;
  const spec = { accessModes: ['ReadWriteOncePod'], capacity: { storage: '1Gi' }, hostPath: { path: cluster.dataDir } };
  await cluster.kube.create(VOLUMES, { metadata: { name }, spec }, { signal });
  t.after(() => cluster.kube.delete(VOLUMES, { name }, { signal }));
  await claims.phase('waits', 'Succeeded');
});

test('what is written stays over restarts of the whole cluster', async (t) => {
  const claims = await Claims.create(t);
  await claims.claim('data');
  await claims.run('writer', 'data', 'echo kept > /run/catnap-test/data/file; sleep 600');
  await claims.phase('writer', 'Running');
  await until(async () => existsSync(`${(await claims.folder('data')).path}/file`));
  await cluster.podRunner.end('SIGKILL');
  await cluster.apiServer.end('SIGTERM');
  await cluster.apiServer.start();
  await cluster.podRunner.start();
  assert.equal(first(await claims.ns.pod('writer'))?.restartCount, 0);
  await claims.ns.remove('writer');
  await claims.run('reader', 'data', 'cat /run/catnap-test/data/file');
  await claims.phase('reader', 'Succeeded');
  assert.equal(await claims.ns.log('reader'), 'kept\n');
});

test('the folder goes with its claim, which goes when no pod uses it any more', async (t) => {
  const claims = await Claims.create(t);
  const { name: namespace, signal } = claims.ns;
  await claims.claim('data');
  await claims.run('user', 'data', 'sleep 600');
  await claims.phase('user', 'Running');
  const { path, volume } = await claims.folder('data');
  assert.ok(existsSync(path));
  await cluster.kube.delete(CLAIMS, { namespace, name: 'data' }, { signal });
  await claims.run('late', 'data', 'true');
  await claims.unscheduled('late', '0/1 nodes are available: persistentvolumeclaim "data" is being deleted. not found');
  assert.ok(existsSync(path));
  for (const name of ['late', 'user']) await cluster.kube.delete(PODS, { namespace, name }, { signal });
  await until(() => cluster.kube.get(VOLUMES, { name: volume }, { signal }).then(() => false, isNotFound));
  assert.ok(!existsSync(path));
});
