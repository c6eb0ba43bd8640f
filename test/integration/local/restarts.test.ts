import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PODS, type Pod, SECRETS } from '#platform/kube/resources.ts';
import { aContainer, ask, first, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

const recordOf = (pod: Pod): { pid: number } => {
  const file = join(cluster.dataDir, 'pods', pod.metadata?.uid ?? '', 'containers/a/0.json');
  return JSON.parse(readFileSync(file, 'utf8'));
};

test('pods live on while the pod runner is killed and comes back; ends that it missed are noticed', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.deploy('web', 1);
  const [pod] = (await ns.pods()) as [Pod];
  const containers = [aContainer({ args: ['sleep 600; exit 5'] })];
  const brief = await ns.createPod('brief', { restartPolicy: 'Never', containers });
  await until(async () => first(await ns.pod('brief'))?.state?.running !== undefined);
  const before = await ask(pod);
  const { pid } = recordOf(brief);
  await cluster.podRunner.end('SIGKILL');
  assert.equal(await ask(pod), before);
  process.kill(-pid, 'SIGTERM');
  await until(async () => !existsSync(`/proc/${pid}`));
  await cluster.podRunner.start();
  const ended = await until(async () => {
    const found = await ns.pod('brief');
    return found.status?.phase === 'Failed' && found;
  });
  assert.notEqual(first(ended)?.state?.terminated?.exitCode, 0);
  assert.equal(first(ended)?.state?.terminated?.reason, 'Error');
  assert.equal(await ask(pod), before);
  assert.equal((await ns.pods()).length, 2);
  assert.equal(await ns.log(pod.metadata?.name ?? ''), 'up\n');
  await ns.scale('web', 0);
  await until(async () => (await ask(pod)) === undefined);
});

test('a process whose record was never written is adopted all the same', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.deploy('web', 1);
  const [pod] = (await ns.pods()) as [Pod];
  const before = await ask(pod);
  await cluster.podRunner.end('SIGKILL');
  rmSync(join(cluster.dataDir, 'pods', pod.metadata?.uid ?? '', 'containers/a/0.json'));
  await cluster.podRunner.start();
  assert.equal(await ask(pod), before);
  assert.equal(first(await ns.pod(pod.metadata?.name ?? ''))?.restartCount, 0);
});

test('a pod whose volume is not to be had any more is adopted as well, and can be ended', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  await cluster.kube.create(SECRETS, { metadata: { namespace, name: 'stripe' } }, { signal });
  const containers = [
    aContainer({ args: ['sleep 600'], volumeMounts: [{ name: 'v', mountPath: '/run/catnap-test/v' }] }),
  ];
  const initContainers = [aContainer({ name: 'first', args: ['true'] })];
  const volumes = [{ name: 'v', secret: { secretName: 'stripe' } }];
  const pod = await ns.createPod('mounting', { initContainers, containers, volumes });
  const before = await until(async () => first(await ns.pod('mounting'))?.state?.running);
  const { pid } = recordOf(pod);
  await cluster.podRunner.end('SIGKILL');
  await cluster.kube.delete(SECRETS, { namespace, name: 'stripe' }, { signal });
  await cluster.podRunner.start();
  const status = first(await ns.pod('mounting'));
  assert.deepEqual([status?.state?.running, status?.restartCount], [before, 0]);
  assert.ok(existsSync(`/proc/${pid}`));
  await cluster.kube.delete(PODS, { namespace, name: 'mounting' }, { signal });
  await until(async () => !existsSync(`/proc/${pid}`));
});

test('pods live on while the API server is killed and comes back', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.deploy('web', 1);
  const [pod] = (await ns.pods()) as [Pod];
  const before = await ask(pod);
  await cluster.apiServer.end('SIGKILL');
  await cluster.apiServer.start();
  await ns.scale('web', 2);
  await ns.available('web', 2);
  assert.equal(await ask(pod), before);
});

test('a pod deleted while the pod runner was away is ended when it is back', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const pod = await ns.createPod('alone', { containers: [aContainer({ args: ['sleep 600'] })] });
  await until(async () => first(await ns.pod('alone'))?.state?.running !== undefined);
  const { pid } = recordOf(pod);
  await cluster.podRunner.end('SIGKILL');
  const ref = { namespace: ns.name, name: 'alone' };
  await cluster.kube.delete(PODS, ref, { gracePeriodSeconds: 0, signal: ns.signal });
  await cluster.podRunner.start();
  await until(async () => !existsSync(`/proc/${pid}`));
});

test('a stop of the pod runner leaves no process and no file of any pod; the next one starts them anew', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.deploy('web', 1);
  const [pod] = (await ns.pods()) as [Pod];
  const { pid } = recordOf(pod);
  await cluster.podRunner.end('SIGTERM');
  assert.equal(existsSync(`/proc/${pid}`), false);
  assert.deepEqual(readdirSync(join(cluster.dataDir, 'pods')), []);
  await cluster.podRunner.start();
  await until(async () => (await ask((await ns.pods())[0] as Pod)) !== undefined);
  const status = first((await ns.pods())[0] as Pod);
  assert.deepEqual([status?.restartCount, status?.lastState?.terminated?.reason], [1, 'ContainerStatusUnknown']);
});
