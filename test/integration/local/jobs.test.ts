import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isNotFound } from '#platform/kube/error.ts';
import { EVENTS } from '#platform/kube/resources.ts';
import { JOBS, type Job } from '../../../local/cluster/controllers/kinds.ts';
import { aContainer, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

/** @param script what its pods do */
function aJob(ns: TestNamespace, name: string, script: string, spec: object = {}, podSpec: object = {}): Job {
  const containers = [aContainer({ args: [script] })];
  const template = {
    spec: { restartPolicy: 'Never', automountServiceAccountToken: false, containers, ...podSpec },
  };
  return { metadata: { namespace: ns.name, name }, spec: { template, ...spec } };
}

async function start(ns: TestNamespace, job: Job): Promise<Job> {
  return await cluster.kube.create(JOBS, job, { signal: ns.signal });
}

/** Resolves when the Job has this condition. */
async function has(ns: TestNamespace, name: string, type: string): Promise<Job> {
  return await until(async () => {
    const job = await cluster.kube.get(JOBS, { namespace: ns.name, name }, { signal: ns.signal });
    return job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') && job;
  });
}

const isGone = (ns: TestNamespace, name: string): Promise<boolean> =>
  cluster.kube.get(JOBS, { namespace: ns.name, name }, { signal: ns.signal }).then(() => false, isNotFound);

test('a Job runs to its completion, and keeps its pod and what it wrote', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await start(ns, aJob(ns, 'once', 'echo done'));
  const job = await has(ns, 'once', 'Complete');
  const { succeeded, failed, active, terminating, completionTime, conditions } = job.status ?? {};
  assert.deepEqual([succeeded, failed, active, terminating], [1, undefined, undefined, 0]);
  assert.ok(completionTime !== undefined);
  assert.deepEqual(
    conditions?.map(({ type, reason }) => `${type} ${reason}`),
    ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'],
  );
  const [pod] = await ns.pods();
  assert.deepEqual([pod?.status?.phase, pod?.metadata?.finalizers], ['Succeeded', undefined]);
  assert.equal(pod?.metadata?.labels?.['batch.kubernetes.io/job-name'], 'once');
  assert.equal(await ns.log(pod?.metadata?.name ?? ''), 'done\n');
  const version = job.metadata?.resourceVersion;
  const events = await until(async () => {
    const { items } = await cluster.kube.listAll(EVENTS, { namespace: ns.name, signal: ns.signal });
    return items.some((event) => event.reason === 'Completed') && items;
  });
  assert.equal(events.filter((event) => event.reason === 'SuccessfulCreate').length, 1);
  assert.equal((await has(ns, 'once', 'Complete')).metadata?.resourceVersion, version);
});

test('several pods, some at a time, complete a Job together', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await start(ns, aJob(ns, 'many', 'exit 0', { completions: 3, parallelism: 2 }));
  assert.equal((await has(ns, 'many', 'Complete')).status?.succeeded, 3);
  assert.equal((await ns.pods()).length, 3);
});

test('a Job that may not fail has failed with its first pod', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await start(ns, aJob(ns, 'bad', 'echo no; exit 3', { backoffLimit: 0 }));
  const { status } = await has(ns, 'bad', 'Failed');
  const failed = status?.conditions?.find(({ type }) => type === 'Failed');
  assert.deepEqual(
    [failed?.reason, failed?.message],
    ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
  );
  assert.deepEqual([status?.failed, status?.succeeded, status?.completionTime], [1, undefined, undefined]);
});

test('with OnFailure the container is started again in the same pod', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const script = 'test -e /state/again || { touch /state/again; exit 1; }; echo second';
  const containers = [aContainer({ args: [script], volumeMounts: [{ name: 'state', mountPath: '/state' }] })];
  const podSpec = { restartPolicy: 'OnFailure', containers, volumes: [{ name: 'state', emptyDir: {} }] };
  await start(ns, aJob(ns, 'again', '', {}, podSpec));
  await has(ns, 'again', 'Complete');
  const [pod] = await ns.pods();
  assert.equal(pod?.status?.containerStatuses?.[0]?.restartCount, 1);
});

test('a Job that takes longer than it may is ended', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await start(ns, aJob(ns, 'slow', 'exec sleep 600', { activeDeadlineSeconds: 1 }));
  const { status } = await has(ns, 'slow', 'Failed');
  assert.equal(status?.conditions?.at(-1)?.reason, 'DeadlineExceeded');
  await until(async () => (await ns.pods()).length === 0);
});

test('a Job takes its pods along when it goes: by itself after its time, or in the background', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await start(ns, aJob(ns, 'brief', 'true', { ttlSecondsAfterFinished: 0 }));
  await start(ns, aJob(ns, 'running', 'exec sleep 600'));
  await until(() => isGone(ns, 'brief'));
  await until(async () => (await ns.pods()).length === 1);
  const ref = { namespace: ns.name, name: 'running' };
  await cluster.kube.delete(JOBS, ref, { signal: ns.signal, propagationPolicy: 'Background' });
  await until(async () => (await isGone(ns, 'running')) && (await ns.pods()).length === 0);
});
