// Longer than 250 lines: one table of rollouts as a gateway sees them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Condition } from '#api/conditions.ts';
import { deafWhile } from '../testing/test-backend.ts';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

const both = { revision: 'hello-1', latestRevision: 'hello-2' };
const crashing = (name: string, revision: string) => {
  const exited = { terminated: { exitCode: 1, reason: 'Error' } };
  const status = { containerStatuses: [{ restartCount: 1, state: exited, lastState: exited }] };
  return aPod({ name, revision, status });
};
const condition = (
  type: 'RevisionReady' | 'SourceReady',
  reason: 'QuotaExceeded' | 'CompileFailed' | 'CrashLoop',
): Condition =>
  ({
    type,
    status: 'False',
    reason,
    message: `because of ${reason}`,
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }) as Condition;

/** The status of a function whose newest revision has failed to start so often, at last then. */
const quotaExceeded = (count: number, lastMs: number) => ({
  conditions: [condition('RevisionReady', 'QuotaExceeded')],
  failedStarts: { count, lastTime: new Date(lastMs).toISOString() },
});

test('asleep, the new revision is woken; when it crashes the last one that answered takes the request', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', {}, both));
  gateway.scales.onScale = (revision) => {
    if (revision === 'hello-2') gateway.podFeed.put('pod-new', crashing('pod-new', 'hello-2'));
    else void gateway.addReplica('pod-old', 'hello-1', (_req, res) => res.end('old'));
  };
  const answer = await ask(gateway.port);
  assert.equal(answer.body, 'old');
  assert.deepEqual(
    gateway.scales.writes.map(({ revision }) => revision),
    ['hello-2', 'hello-1'],
  );
});

test('a new revision that fails is not tried again by the next request', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', {}, { ...both, ...quotaExceeded(1, Date.now()) }));
  gateway.scales.onScale = () => void gateway.addReplica('pod-old', 'hello-1', (_req, res) => res.end('old'));
  assert.equal((await ask(gateway.port)).body, 'old');
  assert.deepEqual(
    gateway.scales.writes.map(({ revision }) => revision),
    ['hello-1'],
  );
});

test('a running revision keeps its requests until the new one answers', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-old', 'hello-1', (_req, res) => res.end('old'));
  assert.equal((await ask(gateway.port)).body, 'old');
  gateway.putFunction(aFunction('hello', {}, both));
  gateway.podFeed.put('pod-new', aPod({ name: 'pod-new', revision: 'hello-2' }));
  assert.equal((await ask(gateway.port)).body, 'old');
  const { ip, port } = await gateway.addBackend('pod-new', (_req, res) => res.end('new'));
  gateway.podFeed.put('pod-new', aPod({ name: 'pod-new', revision: 'hello-2', ip, port }));
  let body = 'old';
  while (body === 'old') body = (await ask(gateway.port)).body;
  assert.equal(body, 'new');
});

test('changes faster than starts: the newest that answers has the traffic, also when the newest of all crashes', async () => {
  await using gateway = await TestGateway.start();
  const overtaken = (...revisions: string[]) =>
    revisions.map((revision) => ({ revision, since: '2026-01-01T00:00:00Z' }));
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-1', 'hello-1', (_req, res) => res.end('1'));
  const status = { revision: 'hello-1', latestRevision: 'hello-4', overtaken: overtaken('hello-2', 'hello-3') };
  gateway.putFunction(aFunction('hello', {}, status));
  assert.equal((await ask(gateway.port)).body, '1');
  await gateway.addReplica('pod-2', 'hello-2', (_req, res) => res.end('2'));
  await until(() => gateway.traffic('hello').chosen === 'hello-2', 'the second is chosen');
  assert.equal((await ask(gateway.port)).body, '2');
  await gateway.addReplica('pod-3', 'hello-3', (_req, res) => res.end('3'));
  await until(() => gateway.traffic('hello').chosen === 'hello-3', 'the third is chosen');
  gateway.podFeed.put('pod-4', crashing('pod-4', 'hello-4'));
  assert.equal((await ask(gateway.port)).body, '3');
  gateway.putFunction(aFunction('hello', {}, { revision: 'hello-3', latestRevision: 'hello-4' }));
  gateway.podFeed.remove('pod-2');
  assert.equal((await ask(gateway.port)).body, '3');
});

test('without a fallback, a crash is answered with its reason, and so is the next request', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  gateway.putFunction(aFunction('hello'));
  gateway.scales.onScale = () => gateway.podFeed.put('pod-a', crashing('pod-a', 'hello-1'));
  const first = await ask(gateway.port);
  assert.equal(first.status, 503);
  assert.equal(JSON.parse(first.body).reason, 'CrashLoop');
  assert.equal((await ask(gateway.port)).headers['x-catnap-error'], 'RevisionFailed');
});

test('a failure that only the status has ends the wait, when it is newer than the scale-up', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  gateway.putFunction(aFunction('hello'));
  const answer = ask(gateway.port);
  await until(() => gateway.scales.writes.length === 1, 'it is woken');
  gateway.putFunction(aFunction('hello', {}, { conditions: [condition('RevisionReady', 'QuotaExceeded')] }));
  assert.equal(JSON.parse((await answer).body).reason, 'QuotaExceeded');
});

test('a replica that has answered and crashes is waited for, whatever the status calls it', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const replica = await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('ok'));
  assert.equal((await ask(gateway.port)).body, 'ok');
  await replica.down();
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  gateway.putFunction(aFunction('hello', {}, { conditions: [condition('RevisionReady', 'CrashLoop')] }));
  await replica.up();
  assert.equal((await answer).body, 'ok');
});

test('so it is where the one that answered is gone, and another starts', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const replica = await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('ok'));
  assert.equal((await ask(gateway.port)).body, 'ok');
  await replica.down();
  gateway.podFeed.remove('pod-a');
  gateway.podFeed.put('pod-b', aPod({ name: 'pod-b', revision: 'hello-1' }));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  gateway.putFunction(aFunction('hello', {}, { conditions: [condition('RevisionReady', 'CrashLoop')] }));
  await gateway.addReplica('pod-b', 'hello-1', (_req, res) => res.end('again'));
  assert.equal((await answer).body, 'again');
});

test('a replica that is stuck gets no more requests, and another is started in its place', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { timeoutSeconds: 1 }));
  // It answers nothing at all, neither requests nor the probe, once a request has come.
  let stuck = false;
  const first = await gateway.addReplica('pod-a', 'hello-1', () => {
    stuck = true;
  });
  deafWhile(first, () => stuck);
  gateway.scales.replicas.set('hello-1', 1);
  gateway.scales.onScale = () => void gateway.addReplica('pod-b', 'hello-1', (_req, res) => res.end('b'));
  assert.equal((await ask(gateway.port)).headers['x-catnap-error'], 'Timeout');
  assert.equal((await ask(gateway.port)).body, 'b');
  assert.deepEqual(
    gateway.scales.writes.map(({ replicas }) => replicas),
    [2],
  );
});

test('a replica that broke off is asked before it gets another request', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  let dying = false;
  let requests = 0;
  const replica = await gateway.addReplica('pod-a', 'hello-1', (_req, res) => {
    requests += 1;
    if (requests > 1) res.end('ok');
    else {
      dying = true;
      res.destroy();
    }
  });
  deafWhile(replica, () => dying);
  assert.equal((await ask(gateway.port, { method: 'POST' })).status, 502);
  const next = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  assert.equal(requests, 1);
  dying = false;
  assert.equal((await next).body, 'ok');
});

test('a failure that was in the status before does not keep a request from trying', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', {}, { conditions: [condition('RevisionReady', 'QuotaExceeded')] }));
  gateway.scales.onScale = () => void gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('well again'));
  assert.equal((await ask(gateway.port)).body, 'well again');
});

test('a failure that only the status has, and is young, is the answer at once, and wakes nothing', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  gateway.putFunction(aFunction('hello', {}, quotaExceeded(1, Date.now())));
  const answer = await ask(gateway.port);
  assert.deepEqual([answer.status, JSON.parse(answer.body).reason], [503, 'QuotaExceeded']);
  assert.deepEqual(gateway.scales.writes, []);
});

test('once it is old the first request is the next try; the others get the reason, and so does the first when it fails', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  gateway.putFunction(aFunction('hello', {}, quotaExceeded(1, Date.now() - 11_000)));
  const first = ask(gateway.port);
  await until(() => gateway.scales.writes.length === 1, 'it is woken');
  const others = await Promise.all([ask(gateway.port), ask(gateway.port)]);
  assert.deepEqual(
    others.map(({ body }) => JSON.parse(body).reason),
    ['QuotaExceeded', 'QuotaExceeded'],
  );
  assert.equal(gateway.traffic('hello').waiting, 1);
  gateway.putFunction(aFunction('hello', {}, quotaExceeded(2, Date.now())));
  assert.equal(JSON.parse((await first).body).reason, 'QuotaExceeded');
  assert.equal((await ask(gateway.port)).status, 503);
  assert.equal(gateway.scales.writes.length, 1);
});

test('a try whose client leaves makes the next request the try', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', {}, quotaExceeded(1, Date.now() - 11_000)));
  const stop = new AbortController();
  const left = ask(gateway.port, { signal: stop.signal }).catch(() => 'left');
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  stop.abort();
  await left;
  await until(() => gateway.traffic('hello').waiting === 0, 'it has left');
  const next = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'the next one waits');
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('well again'));
  assert.equal((await next).body, 'well again');
});

test('a source that never made a revision is answered at once', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  const status = { conditions: [condition('SourceReady', 'CompileFailed')] };
  const fn = aFunction('hello');
  gateway.putFunction({ ...fn, status });
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 503);
  assert.equal(JSON.parse(answer.body).reason, 'CompileFailed');
});

test('a request for a function that has no revision yet waits for it', async () => {
  await using gateway = await TestGateway.start();
  const fn = aFunction('hello');
  gateway.putFunction({ ...fn, status: {} });
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  assert.equal(gateway.scales.writes.length, 0);
  gateway.scales.onScale = () => void gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('made'));
  gateway.putFunction(fn);
  assert.equal((await answer).body, 'made');
});

test('deleting the function answers 404 to those that wait', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  gateway.functionFeed.remove('hello');
  assert.equal((await answer).status, 404);
  assert.equal((await ask(gateway.port)).status, 404);
});

test('a changed limit is in force for those that wait', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 1 } }));
  let running = 0;
  const release = Promise.withResolvers<void>();
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => {
    running += 1;
    void release.promise.then(() => res.end());
  });
  const answers = [ask(gateway.port), ask(gateway.port), ask(gateway.port)];
  const traffic = gateway.traffic('hello');
  await until(() => running === 1 && traffic.waiting === 2, 'one runs, two wait');
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 3 } }));
  await until(() => running === 3, 'all run');
  release.resolve();
  await Promise.all(answers);
});

test('a new revision takes the requests once as many of its replicas answer as of the one before', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  for (const pod of ['old-1', 'old-2']) await gateway.addReplica(pod, 'hello-1', (_req, res) => res.end('old'));
  assert.equal((await ask(gateway.port)).body, 'old');
  gateway.putFunction(aFunction('hello', {}, both));
  await gateway.addReplica('new-1', 'hello-2', (_req, res) => res.end('new'));
  const probe = gateway.backends.at(-1);
  if (probe !== undefined) await once(probe, 'request');
  for (const _again of Array(5)) assert.equal((await ask(gateway.port)).body, 'old');
  await gateway.addReplica('new-2', 'hello-2', (_req, res) => res.end('new'));
  let body = 'old';
  while (body === 'old') body = (await ask(gateway.port)).body;
  assert.equal(body, 'new');
});
