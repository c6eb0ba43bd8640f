import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EVENTS, PODS, SECRETS } from '#platform/kube/resources.ts';
import { aContainer, first, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

async function pidOf(ns: TestNamespace, name: string): Promise<number> {
  const { uid = '' } = (await ns.pod(name)).metadata ?? {};
  return JSON.parse(readFileSync(join(cluster.dataDir, 'pods', uid, 'containers/a/0.json'), 'utf8')).pid;
}

test('two quick exits lead to CrashLoopBackOff, with the exit code and the last lines of the log', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const args = ['echo first >&2; echo boom; exit 3'];
  const containers = [aContainer({ args, terminationMessagePolicy: 'FallbackToLogsOnError' })];
  const { metadata } = await ns.createPod('crash', { containers });
  const status = await ns.waiting('crash', 'CrashLoopBackOff');
  assert.equal(status.restartCount, 1);
  const { exitCode, reason, message } = status.lastState?.terminated ?? {};
  assert.deepEqual({ exitCode, reason, message }, { exitCode: 3, reason: 'Error', message: 'first\nboom\n' });
  const pod = `crash_${ns.name}(${metadata?.uid})`;
  assert.equal(status.state?.waiting?.message, `back-off 10s restarting failed container=a pod=${pod}`);
  assert.equal(await ns.log('crash', { previous: true }), 'first\nboom\n');
});

test('what keeps a container from starting is its waiting reason', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const env = [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } }];
  await ns.createPod('no-image', { containers: [aContainer({ image: 'team/thumbs:1' })] });
  await ns.createPod('bad-image', { containers: [aContainer({ image: 'Team//x' })] });
  await ns.createPod('no-config', { containers: [aContainer({ args: ['true'], env })] });
  const noConfig = await ns.waiting('no-config', 'CreateContainerConfigError');
  assert.equal(noConfig.state?.waiting?.message, 'configmap "settings" not found');
  await ns.waiting('bad-image', 'InvalidImageName');
  const pull = await ns.waiting('no-image', 'ImagePullBackOff');
  assert.match(pull.state?.waiting?.message ?? '', /CLUSTER_IMAGES=/);
});

test('a pod that no node can hold says so', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.createPod('choosy', { nodeSelector: { disk: 'none' }, containers: [aContainer({ args: ['true'] })] });
  const condition = await until(async () => {
    return (await ns.pod('choosy')).status?.conditions?.find(({ type }) => type === 'PodScheduled');
  });
  assert.deepEqual([condition.status, condition.reason], ['False', 'Unschedulable']);
});

test('secrets are files at the very path that is mounted, and follow changes; one that is missing is waited for', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const mountPath = '/var/run/secrets/catnap/stripe';
  const volumeMounts = [{ name: 'v', mountPath, readOnly: true }];
  const script = `cat ${mountPath}/key; while ! grep sk_2 ${mountPath}/key; do sleep 0.05; done; sleep 60`;
  const containers = [aContainer({ args: [script], volumeMounts })];
  await ns.createPod('reader', { containers, volumes: [{ name: 'v', secret: { secretName: 'stripe' } }] });
  const refused = await until(async () => {
    const events = await cluster.kube.listAll(EVENTS, { namespace, signal });
    return events.items.find((event) => event.reason === 'FailedMount');
  });
  assert.equal(refused.message, 'MountVolume.SetUp failed for volume "v" : secret "stripe" not found');
  assert.equal(first(await ns.pod('reader'))?.state?.waiting?.reason, 'ContainerCreating');
  const secret = { metadata: { namespace, name: 'stripe' }, data: { key: Buffer.from('sk_1').toString('base64') } };
  await cluster.kube.create(SECRETS, secret, { signal });
  await until(async () => first(await ns.pod('reader'))?.state?.running !== undefined);
  await until(async () => (await ns.log('reader')) === 'sk_1');
  assert.equal(existsSync(mountPath), false);
  const body = { data: { key: Buffer.from('sk_2').toString('base64') } };
  await cluster.kube.patch(SECRETS, { namespace, name: 'stripe' }, { type: 'merge', body }, { signal });
  await until(async () => (await ns.log('reader')).endsWith('sk_2\n'));
});

test('init containers run one after the other before the others; a pod that is not to restart ends', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const step = (name: string) => aContainer({ name, args: [`echo ${name}`] });
  const initContainers = [step('one'), step('two')];
  await ns.createPod('job', { restartPolicy: 'Never', initContainers, containers: [step('main')] });
  const done = await until(async () => {
    const pod = await ns.pod('job');
    return pod.status?.phase === 'Succeeded' && pod;
  });
  assert.equal(first(done)?.state?.terminated?.reason, 'Completed');
  assert.equal(await ns.log('job', { container: 'two' }), 'two\n');
});

test('a container that is not alive is restarted', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
  await ns.createPod('dead', { containers: [aContainer({ args: ['exec sleep 60'], livenessProbe })] });
  const status = await until(async () => {
    const found = first(await ns.pod('dead'));
    return (found?.restartCount ?? 0) > 0 && found;
  });
  assert.equal(status.lastState?.terminated?.exitCode, 143);
});

test('a container that is not alive and does not go is killed after the grace of its probe', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const livenessProbe = {
    exec: { command: ['false'] },
    periodSeconds: 1,
    failureThreshold: 1,
    terminationGracePeriodSeconds: 1,
  };
  const args = ['trap "" TERM; while :; do sleep 0.05; done'];
  await ns.createPod('deaf', { containers: [aContainer({ args, livenessProbe })] });
  const status = await until(async () => {
    const found = first(await ns.pod('deaf'));
    return (found?.restartCount ?? 0) > 0 && found;
  });
  assert.equal(status.lastState?.terminated?.exitCode, 137);
});

test('a pod gets its grace, and none when it is deleted with none', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const stubborn = aContainer({ args: ['trap "" TERM; echo up; while :; do sleep 0.05; done'] });
  for (const name of ['patient', 'forced']) {
    await ns.createPod(name, { containers: [stubborn] });
    await until(async () => (await ns.log(name).catch(() => '')) === 'up\n');
  }
  const [forced, patient] = [await pidOf(ns, 'forced'), await pidOf(ns, 'patient')];
  await cluster.kube.delete(PODS, { namespace, name: 'forced' }, { signal, gracePeriodSeconds: 0 });
  await until(async () => !existsSync(`/proc/${forced}`));
  const startMs = Date.now();
  await cluster.kube.delete(PODS, { namespace, name: 'patient' }, { signal, gracePeriodSeconds: 1 });
  assert.ok(existsSync(`/proc/${patient}`));
  await until(async () => !existsSync(`/proc/${patient}`));
  assert.ok(Date.now() - startMs >= 950);
});
