// Longer than 250 lines: one table of calls and what an API server may answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../testing/scripted-api-server.ts';
import { KubeClient } from './client.ts';
import { KubeError } from './error.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, type Scale } from './resources.ts';

const { signal } = new AbortController();
const demo = { namespace: 'a', name: 'demo' };

async function scripted(t: { after: (fn: () => Promise<void>) => void }, ...authorizations: string[]) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access(...authorizations));
  t.after(async () => {
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { server, kube };
}

test('gets an object', async (t) => {
  const { server, kube } = await scripted(t);
  const got = kube.get(CONFIG_MAPS, demo, { signal });
  const call = await server.calls.next();
  call.reply({ metadata: demo, data: { k: 'wärm' } });
  assert.equal(`${call.method} ${call.url.pathname}`, 'GET /api/v1/namespaces/a/configmaps/demo');
  assert.deepEqual((await got).data, { k: 'wärm' });
});

test('creates, in the namespace that the object names, with its kind filled in', async (t) => {
  const { server, kube } = await scripted(t);
  const created = kube.create(CONFIG_MAPS, { metadata: demo }, { signal, fieldManager: 'me' });
  const call = await server.calls.next();
  call.reply({ metadata: { ...demo, uid: 'u' } }, 201);
  assert.equal(
    `${call.method} ${call.url.pathname}${call.url.search}`,
    'POST /api/v1/namespaces/a/configmaps?fieldManager=me',
  );
  assert.deepEqual(JSON.parse(call.body), { apiVersion: 'v1', kind: 'ConfigMap', metadata: demo });
  assert.equal((await created).metadata?.uid, 'u');
});

test('replaces a subresource', async (t) => {
  const { server, kube } = await scripted(t);
  const replaced = kube.replace(DEPLOYMENTS, { metadata: demo }, { signal, subresource: 'status' });
  const call = await server.calls.next();
  call.reply({ metadata: demo });
  await replaced;
  assert.equal(`${call.method} ${call.url.pathname}`, 'PUT /apis/apps/v1/namespaces/a/deployments/demo/status');
});

test('applies as one field manager, by force', async (t) => {
  const { server, kube } = await scripted(t);
  const applied = kube.apply(DEPLOYMENTS, { metadata: demo }, { signal, fieldManager: 'me' });
  const call = await server.calls.next();
  call.reply({ metadata: demo });
  await applied;
  assert.equal(call.headers['content-type'], 'application/apply-patch+yaml');
  assert.equal(
    `${call.method} ${call.url.pathname}${call.url.search}`,
    'PATCH /apis/apps/v1/namespaces/a/deployments/demo?fieldManager=me&force=true',
  );
  assert.deepEqual(JSON.parse(call.body), { apiVersion: 'apps/v1', kind: 'Deployment', metadata: demo });
});

test('applies a scale as it is given', async (t) => {
  const { server, kube } = await scripted(t);
  const scale: Scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: demo, spec: { replicas: 2 } };
  const applied = kube.apply(DEPLOYMENTS, scale, { signal, subresource: 'scale', fieldManager: 'me', force: false });
  const call = await server.calls.next();
  call.reply(scale);
  assert.equal((await applied).spec?.replicas, 2);
  assert.deepEqual(JSON.parse(call.body), scale);
  assert.equal(call.query('force'), 'false');
});

test('each kind of patch has its content type', async (t) => {
  const { server, kube } = await scripted(t);
  const send = async (type: 'merge' | 'json' | 'strategic') => {
    const patched = kube.patch(PODS, demo, { type, body: [] }, { signal });
    const call = await server.calls.next();
    call.reply({ metadata: demo });
    await patched;
    return call.headers['content-type'];
  };
  assert.equal(await send('merge'), 'application/merge-patch+json');
  assert.equal(await send('json'), 'application/json-patch+json');
  assert.equal(await send('strategic'), 'application/strategic-merge-patch+json');
});

test('deletes under conditions', async (t) => {
  const { server, kube } = await scripted(t);
  const options = { preconditions: { uid: 'u' }, propagationPolicy: 'Foreground', gracePeriodSeconds: 0 } as const;
  const deleted = kube.delete(PODS, demo, { signal, ...options });
  const call = await server.calls.next();
  call.reply({ kind: 'Status', status: 'Success' });
  await deleted;
  assert.equal(call.method, 'DELETE');
  assert.deepEqual(JSON.parse(call.body), { apiVersion: 'v1', kind: 'DeleteOptions', ...options });
});

test('a log is text', async (t) => {
  const { server, kube } = await scripted(t);
  const log = kube.podLog(demo, { signal, container: 'main', previous: true, tailLines: 5 });
  const call = await server.calls.next();
  call.reply('one\ntwo\n');
  assert.equal(await log, 'one\ntwo\n');
  assert.equal(
    `${call.url.pathname}${call.url.search}`,
    '/api/v1/namespaces/a/pods/demo/log?container=main&previous=true&tailLines=5',
  );
});

test('a list of several pages is as of its first page, and its objects know their kind', async (t) => {
  const { server, kube } = await scripted(t);
  const listed = kube.listAll(PODS, { signal, labelSelector: 'x=y', limit: 1 });
  const first = await server.calls.next();
  first.reply({ metadata: { resourceVersion: '7', continue: 'more' }, items: [{ metadata: { name: 'a' } }] });
  const second = await server.calls.next();
  second.reply({ metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'b' } }] });
  const list = await listed;
  assert.deepEqual(
    list.items.map((pod) => `${pod.apiVersion} ${pod.kind} ${pod.metadata?.name}`),
    ['v1 Pod a', 'v1 Pod b'],
  );
  assert.equal(list.metadata.resourceVersion, '7');
  assert.equal(second.url.search, '?labelSelector=x%3Dy&limit=1&continue=more');
});

test('a list whose pages expire is asked for again as a whole', async (t) => {
  const { server, kube } = await scripted(t);
  const listed = kube.listAll(PODS, { signal });
  (await server.calls.next()).reply({ metadata: { resourceVersion: '7', continue: 'more' }, items: [] });
  (await server.calls.next()).fail(410, 'Expired');
  const whole = await server.calls.next();
  whole.reply({ metadata: { resourceVersion: '9' }, items: [{ metadata: { name: 'a' } }] });
  const list = await listed;
  assert.equal(whole.query('limit'), null);
  assert.equal(list.metadata.resourceVersion, '9');
  assert.equal(list.items.length, 1);
});

test('an error names verb and object, and carries the reason', async (t) => {
  const { server, kube } = await scripted(t);
  const failing = kube.get(DEPLOYMENTS, demo, { signal, subresource: 'scale' });
  (await server.calls.next()).fail(403, 'Forbidden');
  await assert.rejects(failing, {
    name: 'KubeError',
    status: 403,
    code: 'Forbidden',
    message: 'get deployments.apps a/demo/scale: 403 Forbidden: scripted Forbidden',
  });
});

test('an answer that is not JSON is an error', async (t) => {
  const { server, kube } = await scripted(t);
  const failing = kube.get(PODS, demo, { signal });
  (await server.calls.next()).reply('<html>');
  await assert.rejects(failing, { code: 'BadAnswer' });
});

test('a call that gets no answer ends at its deadline', async (t) => {
  const { kube } = await scripted(t);
  await assert.rejects(kube.get(PODS, demo, { signal, deadlineMs: 50 }), { status: 0, code: 'DeadlineExceeded' });
});

test('a call ends at once when its signal aborts, with the reason as cause', async (t) => {
  const { server, kube } = await scripted(t);
  const stop = new AbortController();
  const failing = kube.get(PODS, demo, { signal: stop.signal });
  const call = await server.calls.next();
  const reason = new Error('enough');
  stop.abort(reason);
  await assert.rejects(failing, { code: 'Aborted', cause: reason });
  await call.closed();
});

test('a server that is not there is an error without a status', async () => {
  const server = await ScriptedApiServer.start();
  const access = server.access();
  const url = access.server;
  await server[Symbol.asyncDispose]();
  await using kube = new KubeClient({ ...access, server: url });
  await assert.rejects(
    kube.get(PODS, demo, { signal }),
    (error) => error instanceof KubeError && error.code === 'NoAnswer',
  );
});

test('an overloaded server is asked again after the time it names', async (t) => {
  const { server, kube } = await scripted(t);
  const got = kube.get(PODS, demo, { signal });
  (await server.calls.next()).fail(429, 'TooManyRequests', { 'retry-after': '0' });
  (await server.calls.next()).reply({ metadata: demo });
  assert.equal((await got).metadata?.name, 'demo');
});

test('refused credentials are renewed once', async (t) => {
  const { server, kube } = await scripted(t, 'Bearer old', 'Bearer new');
  const failing = kube.get(PODS, demo, { signal });
  const first = await server.calls.next();
  first.fail(401, 'Unauthorized');
  const second = await server.calls.next();
  second.fail(401, 'Unauthorized');
  await assert.rejects(failing, { status: 401 });
  assert.deepEqual([first.headers.authorization, second.headers.authorization], ['Bearer old', 'Bearer new']);
});

test('a path prefix of the server is kept', async (t) => {
  const { server } = await scripted(t);
  await using kube = new KubeClient({ ...server.access(), server: `${server.url}/k8s/clusters/c1` });
  const got = kube.raw('/version', { signal });
  const call = await server.calls.next();
  call.reply({ major: '1' });
  assert.deepEqual(await got, { major: '1' });
  assert.equal(call.url.pathname, '/k8s/clusters/c1/version');
});

/** A gate, and how to close it. */
function aGate(writeMs = 4_000) {
  const closing = new AbortController();
  const gate = {
    writeMs,
    closed: closing.signal,
    check: () => closing.signal.throwIfAborted(),
  };
  return { gate, close: () => closing.abort(new KubeError(0, 'NotLeader', 'closed')) };
}

async function gated(t: { after: (fn: () => Promise<void>) => void }, writeMs?: number) {
  const { gate, close } = aGate(writeMs);
  const { server } = await scripted(t);
  const kube = new KubeClient(server.access(), { gate });
  t.after(() => kube[Symbol.asyncDispose]());
  return { server, kube, close };
}

test('a closed gate lets reads pass and no write', async (t) => {
  const { server, kube, close } = await gated(t);
  close();
  await assert.rejects(kube.create(CONFIG_MAPS, { metadata: demo }, { signal }), { code: 'NotLeader' });
  await assert.rejects(kube.delete(CONFIG_MAPS, demo, { signal }), { code: 'NotLeader' });
  const got = kube.get(CONFIG_MAPS, demo, { signal });
  (await server.calls.next()).reply({ metadata: demo });
  assert.equal((await got).metadata?.name, 'demo');
  assert.equal(server.calls.size, 0);
});

test('a gate that closes ends the write under way', async (t) => {
  const { server, kube, close } = await gated(t);
  const failing = kube.apply(CONFIG_MAPS, { metadata: demo }, { signal, fieldManager: 'me' });
  const call = await server.calls.next();
  close();
  await assert.rejects(failing, { code: 'NotLeader' });
  await call.closed();
});

test('a write that the server asks to repeat has to pass the gate again', async (t) => {
  const { server, kube, close } = await gated(t);
  const failing = kube.create(CONFIG_MAPS, { metadata: demo }, { signal });
  const call = await server.calls.next();
  call.fail(429, 'TooManyRequests', { 'retry-after': '1' });
  close();
  await assert.rejects(failing, { code: 'NotLeader' });
  assert.equal(server.calls.size, 0);
});

test('a write through a gate takes no longer than the gate allows, and says so to the server', async (t) => {
  const { server, kube } = await gated(t, 50);
  const failing = kube.apply(CONFIG_MAPS, { metadata: demo }, { signal, fieldManager: 'me' });
  assert.equal((await server.calls.next()).query('timeout'), '50ms');
  await assert.rejects(failing, { code: 'DeadlineExceeded' });
});
