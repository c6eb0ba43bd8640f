import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound } from '#platform/kube-error.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  type Deployment,
  EVENTS,
  NAMESPACES,
  PODS,
  type Pod,
  REPLICA_SETS,
  SECRETS,
} from '#platform/resources.ts';
import { TestCluster } from './testing/programs.ts';

const WEB = ['node', join(import.meta.dirname, 'testing/web.mjs')];
let cluster: TestCluster;
const { signal } = new AbortController();

before(async () => {
  cluster = await TestCluster.start({ web: WEB, sh: ['/bin/sh', '-c'] });
});
after(async () => await cluster[Symbol.asyncDispose]());

/** A namespace of its own, gone with the test. */
async function aNamespace(t: TestContext): Promise<string> {
  const name = `test-${Math.random().toString(36).slice(2, 10)}`;
  await cluster.kube.create(NAMESPACES, { metadata: { name } }, { signal });
  t.after(async () => {
    await cluster.kube.delete(NAMESPACES, { name }, { signal });
    await until(async () => {
      return await cluster.kube.get(NAMESPACES, { name }, { signal }).then(
        () => undefined,
        (error: unknown) => isNotFound(error),
      );
    });
  });
  return name;
}

/** The first result that is not undefined or false. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${look}`);
    await sleep(10);
  }
}

const container = (more: object) => ({ name: 'a', image: 'sh', ...more });
const aPod = (namespace: string, name: string, spec: object): Pod => ({
  metadata: { namespace, name },
  spec: spec as Pod['spec'] & object,
});
const create = (pod: Pod) => cluster.kube.create(PODS, pod, { signal });
const getPod = (namespace: string, name: string) => cluster.kube.get(PODS, { namespace, name }, { signal });
const podsOf = async (namespace: string) => (await cluster.kube.listAll(PODS, { namespace, signal })).items;
const first = (pod: Pod) => pod.status?.containerStatuses?.[0];
const waiting = (namespace: string, name: string, reason: string) =>
  until(async () => {
    const status = first(await getPod(namespace, name));
    return status?.state?.waiting?.reason === reason && status;
  });

function aDeployment(namespace: string, name: string, replicas: number, more: object = {}): Deployment {
  const labels = { app: name };
  const env = [{ name: 'NAME', value: name }];
  const readinessProbe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 };
  const containers = [container({ image: 'web', env, readinessProbe })];
  const template = { metadata: { labels }, spec: { containers } };
  return { metadata: { namespace, name }, spec: { replicas, selector: { matchLabels: labels }, template, ...more } };
}

const scale = (namespace: string, name: string, replicas: number) =>
  cluster.kube.patch(
    DEPLOYMENTS,
    { namespace, name },
    { type: 'merge', body: { spec: { replicas } } },
    { subresource: 'scale', signal },
  );
const available = (namespace: string, name: string, replicas: number) =>
  until(async () => {
    const deployment = await cluster.kube.get(DEPLOYMENTS, { namespace, name }, { signal });
    const { status, metadata } = deployment;
    return (
      status?.observedGeneration === metadata?.generation &&
      (status?.availableReplicas ?? 0) === replicas &&
      (status?.replicas ?? 0) === replicas &&
      deployment
    );
  });

/** What the pod answers; undefined when it does not. */
async function ask(pod: Pod): Promise<string | undefined> {
  const host = pod.status?.podIP ?? '';
  return await new Promise((resolve) => {
    const sent = get({ host, port: 8080, agent: false }, async (answer) => resolve((await answer.toArray()).join('')));
    sent.on('error', () => resolve(undefined));
  });
}

test('a Deployment becomes a pod that answers at an address of its own, and goes back to none', async (t) => {
  const namespace = await aNamespace(t);
  await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, 'web', 2), { signal });
  const deployment = await available(namespace, 'web', 2);
  const pods = await podsOf(namespace);
  assert.equal(new Set(pods.map((pod) => pod.status?.podIP)).size, 2);
  assert.match((await ask(pods[0] as Pod)) ?? '', /^web \d+$/);
  assert.equal(deployment.status?.conditions?.find((c) => c.type === 'Progressing')?.reason, 'NewReplicaSetAvailable');
  await scale(namespace, 'web', 0);
  await until(async () => (await podsOf(namespace)).length === 0);
  await available(namespace, 'web', 0);
});

test('from scale to spawn to an address takes a few calls', async (t) => {
  const namespace = await aNamespace(t);
  await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, 'web', 0), { signal });
  await available(namespace, 'web', 0);
  const { metadata } = await cluster.kube.listAll(PODS, { namespace, signal });
  const startMs = Date.now();
  await scale(namespace, 'web', 1);
  let createdMs = 0;
  for await (const { type, object } of cluster.kube.watch(PODS, {
    namespace,
    signal,
    resourceVersion: metadata.resourceVersion,
  })) {
    if (type === 'ADDED') createdMs = Date.now() - startMs;
    if (object.status?.podIP === undefined) continue;
    const file = join(cluster.dataDir, 'pods', object.metadata?.uid ?? '', 'containers/a/0.json');
    const spawnedMs = JSON.parse(readFileSync(file, 'utf8')).startedAtMs - startMs;
    t.diagnostic(
      `after the scale call: pod ${createdMs} ms, spawned ${spawnedMs} ms, address seen ${Date.now() - startMs} ms`,
    );
    assert.ok(spawnedMs >= 0);
    break;
  }
});

test('with maxUnavailable 0 a rollout never has fewer pods ready than wanted, and leaves no old ReplicaSet', async (t) => {
  const namespace = await aNamespace(t);
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const deployment = aDeployment(namespace, 'web', 2, { strategy, revisionHistoryLimit: 0 });
  await cluster.kube.create(DEPLOYMENTS, deployment, { signal });
  await available(namespace, 'web', 2);
  const body = { spec: { template: { metadata: { annotations: { round: 'two' } } } } };
  await cluster.kube.patch(DEPLOYMENTS, { namespace, name: 'web' }, { type: 'merge', body }, { signal });
  let fewest = 2;
  await until(async () => {
    const pods = await podsOf(namespace);
    const ready = pods.filter((pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
    fewest = Math.min(fewest, ready.length);
    return pods.length === 2 && ready.every((pod) => pod.metadata?.annotations?.round === 'two') && ready.length === 2;
  });
  assert.equal(fewest, 2);
  await until(async () => (await cluster.kube.listAll(REPLICA_SETS, { namespace, signal })).items.length === 1);
});

test('two quick exits lead to CrashLoopBackOff, with the exit code and the last lines of the log', async (t) => {
  const namespace = await aNamespace(t);
  const crash = container({
    args: ['echo first >&2; echo boom; exit 3'],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  });
  const { metadata } = await create(aPod(namespace, 'crash', { containers: [crash] }));
  const status = await waiting(namespace, 'crash', 'CrashLoopBackOff');
  assert.equal(status.restartCount, 1);
  const { exitCode, reason, message } = status.lastState?.terminated ?? {};
  assert.deepEqual({ exitCode, reason, message }, { exitCode: 3, reason: 'Error', message: 'first\nboom\n' });
  const pod = `crash_${namespace}(${metadata?.uid})`;
  assert.equal(status.state?.waiting?.message, `back-off 10s restarting failed container=a pod=${pod}`);
});

test('what keeps a container from starting is its waiting reason', async (t) => {
  const namespace = await aNamespace(t);
  const configMapKeyRef = { name: 'settings', key: 'level' };
  const env = [{ name: 'LEVEL', valueFrom: { configMapKeyRef } }];
  await create(aPod(namespace, 'no-image', { containers: [container({ image: 'team/thumbs:1' })] }));
  await create(aPod(namespace, 'bad-image', { containers: [container({ image: 'Team//x' })] }));
  await create(aPod(namespace, 'no-config', { containers: [container({ args: ['true'], env })] }));
  const noConfig = await waiting(namespace, 'no-config', 'CreateContainerConfigError');
  assert.equal(noConfig.state?.waiting?.message, 'configmap "settings" not found');
  await waiting(namespace, 'bad-image', 'InvalidImageName');
  assert.match(
    (await waiting(namespace, 'no-image', 'ErrImagePull')).state?.waiting?.message ?? '',
    /CATNAP_LOCAL_IMAGES=/,
  );
  await waiting(namespace, 'no-image', 'ImagePullBackOff');
});

test('secrets are files at the very path that is mounted; one that is missing is waited for', async (t) => {
  const namespace = await aNamespace(t);
  const mountPath = '/var/run/secrets/catnap/stripe';
  const mounting = container({
    args: [`cat ${mountPath}/key; sleep 60`],
    volumeMounts: [{ name: 'v', mountPath, readOnly: true }],
  });
  await create(
    aPod(namespace, 'reader', { containers: [mounting], volumes: [{ name: 'v', secret: { secretName: 'stripe' } }] }),
  );
  const refused = await until(async () => {
    const events = await cluster.kube.listAll(EVENTS, { namespace, signal });
    return events.items.find((event) => event.reason === 'FailedMount');
  });
  assert.equal(refused.message, 'MountVolume.SetUp failed for volume "v" : secret "stripe" not found');
  assert.equal(first(await getPod(namespace, 'reader'))?.state?.waiting?.reason, 'ContainerCreating');
  await cluster.kube.create(
    SECRETS,
    { metadata: { namespace, name: 'stripe' }, stringData: { key: 'sk_1' } },
    { signal },
  );
  await until(async () => first(await getPod(namespace, 'reader'))?.state?.running !== undefined);
  await until(async () => (await cluster.kube.podLog({ namespace, name: 'reader' }, { signal })) === 'sk_1');
  assert.equal(existsSync(mountPath), false);
});

test('init containers run one after the other before the others; a pod that is not to restart ends', async (t) => {
  const namespace = await aNamespace(t);
  const step = (name: string) => container({ name, args: [`echo ${name}`] });
  const spec = { restartPolicy: 'Never', initContainers: [step('one'), step('two')], containers: [step('main')] };
  await create(aPod(namespace, 'job', spec));
  const done = await until(async () => {
    const pod = await getPod(namespace, 'job');
    return pod.status?.phase === 'Succeeded' && pod;
  });
  assert.equal(first(done)?.state?.terminated?.reason, 'Completed');
  assert.equal(await cluster.kube.podLog({ namespace, name: 'job' }, { container: 'two', signal }), 'two\n');
});

test('a container that is not alive is restarted', async (t) => {
  const namespace = await aNamespace(t);
  const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
  await create(aPod(namespace, 'dead', { containers: [container({ args: ['exec sleep 60'], livenessProbe })] }));
  const status = await until(async () => {
    const found = first(await getPod(namespace, 'dead'));
    return (found?.restartCount ?? 0) > 0 && found;
  });
  assert.equal(status.lastState?.terminated?.exitCode, 143);
});

test('a pod gets its grace, and none when it is deleted with none', async (t) => {
  const namespace = await aNamespace(t);
  const stubborn = container({ args: ['trap "" TERM; echo up; while :; do sleep 0.05; done'] });
  for (const name of ['patient', 'forced']) {
    await create(aPod(namespace, name, { containers: [stubborn] }));
    await until(async () => (await cluster.kube.podLog({ namespace, name }, { signal }).catch(() => '')) === 'up\n');
  }
  const pid = async (name: string) => {
    const { uid = '' } = (await getPod(namespace, name)).metadata ?? {};
    return JSON.parse(readFileSync(join(cluster.dataDir, 'pods', uid, 'containers/a/0.json'), 'utf8')).pid as number;
  };
  const [forced, patient] = [await pid('forced'), await pid('patient')];
  await cluster.kube.delete(PODS, { namespace, name: 'forced' }, { signal, gracePeriodSeconds: 0 });
  await until(async () => !existsSync(`/proc/${forced}`));
  const startMs = Date.now();
  await cluster.kube.delete(PODS, { namespace, name: 'patient' }, { signal, gracePeriodSeconds: 1 });
  assert.ok(existsSync(`/proc/${patient}`));
  await until(async () => !existsSync(`/proc/${patient}`));
  assert.ok(Date.now() - startMs >= 950);
});

test('what an owner leaves behind is collected, in the background, in the foreground, or left alone', async (t) => {
  const namespace = await aNamespace(t);
  const gone = (name: string) =>
    cluster.kube.get(REPLICA_SETS, { namespace, name }, { signal }).then(() => false, isNotFound);
  const setOf = async (name: string) => {
    await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, name, 1), { signal });
    await available(namespace, name, 1);
    const { items } = await cluster.kube.listAll(REPLICA_SETS, { namespace, labelSelector: `app=${name}`, signal });
    return items[0]?.metadata?.name ?? '';
  };
  const [back, fore, kept] = [await setOf('back'), await setOf('fore'), await setOf('kept')];
  const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
    cluster.kube.delete(DEPLOYMENTS, { namespace, name }, { signal, propagationPolicy });
  await remove('back', 'Background');
  await remove('fore', 'Foreground');
  await remove('kept', 'Orphan');
  await until(() => gone(back));
  await until(() => gone(fore));
  await until(async () => (await podsOf(namespace)).length === 1);
  const orphan = await until(async () => {
    const set = await cluster.kube.get(REPLICA_SETS, { namespace, name: kept }, { signal });
    return set.metadata?.ownerReferences === undefined && set;
  });
  assert.equal(orphan.metadata?.name, kept);
});

test('an object whose owner never was, is collected', async (t) => {
  const namespace = await aNamespace(t);
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '00000000-0000-0000-0000-000000000000' },
  ];
  await cluster.kube.create(CONFIG_MAPS, { metadata: { namespace, name: 'child', ownerReferences } }, { signal });
  await until(() =>
    cluster.kube.get(CONFIG_MAPS, { namespace, name: 'child' }, { signal }).then(() => false, isNotFound),
  );
});

test('pods live on while the pod runner is killed and comes back; ends that it missed are noticed', async (t) => {
  const namespace = await aNamespace(t);
  await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, 'web', 1), { signal });
  await available(namespace, 'web', 1);
  const [pod] = (await podsOf(namespace)) as [Pod];
  await create(
    aPod(namespace, 'brief', {
      restartPolicy: 'Never',
      containers: [container({ args: ['echo up; sleep 1; exit 5'] })],
    }),
  );
  await until(async () => first(await getPod(namespace, 'brief'))?.state?.running !== undefined);
  const before = await ask(pod);
  await cluster.podRunner.end('SIGKILL');
  assert.equal(await ask(pod), before);
  await sleep(1_100);
  await cluster.podRunner.start();
  const brief = await until(async () => {
    const found = await getPod(namespace, 'brief');
    return found.status?.phase === 'Failed' && found;
  });
  assert.equal(first(brief)?.state?.terminated?.exitCode, 5);
  assert.equal(await ask(pod), before);
  assert.equal((await podsOf(namespace)).length, 2);
  assert.equal(await cluster.kube.podLog({ namespace, name: pod.metadata?.name ?? '' }, { signal }), 'up\n');
  await scale(namespace, 'web', 0);
  await until(async () => (await ask(pod)) === undefined);
});

test('pods live on while the API server is killed and comes back', async (t) => {
  const namespace = await aNamespace(t);
  await cluster.kube.create(DEPLOYMENTS, aDeployment(namespace, 'web', 1), { signal });
  await available(namespace, 'web', 1);
  const [pod] = (await podsOf(namespace)) as [Pod];
  const before = await ask(pod);
  await cluster.apiServer.end('SIGKILL');
  await cluster.apiServer.start();
  await scale(namespace, 'web', 2);
  await available(namespace, 'web', 2);
  assert.equal(await ask(pod), before);
});
