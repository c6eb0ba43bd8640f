import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '../kube/client.ts';
import type { Log } from '../process/log.ts';
import { ScriptedApiServer, silentLog } from '../testing/scripted-api-server.ts';
import { EventRecorder } from './event-recorder.ts';

const hello = {
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: { namespace: 'a', name: 'hello', uid: 'u1', resourceVersion: '7' },
};
const compiled = { type: 'Warning', reason: 'CompileFailed', message: 'index.ts:1:2: bad' } as const;

async function recording(t: { after: (fn: () => Promise<void>) => void }, log: Log = silentLog) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const now = () => Date.UTC(2030, 0, 1);
  const recorder = new EventRecorder({ kube, component: 'catnap-operator', log, now });
  t.after(async () => {
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { calls: server.calls, recorder };
}

test('a note becomes an Event beside its object', async (t) => {
  const { calls, recorder } = await recording(t);
  recorder.record(hello, compiled);
  const call = await calls.next();
  call.reply({ metadata: { namespace: 'a', name: 'hello.x1' } }, 201);
  assert.equal(`${call.method} ${call.url.pathname}`, 'POST /api/v1/namespaces/a/events');
  const { metadata, ...said } = JSON.parse(call.body);
  assert.equal(metadata.namespace, 'a');
  assert.match(metadata.name, /^hello\.[0-9a-f]{16}$/);
  assert.deepEqual(said, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      apiVersion: 'catnap.dev/v1alpha1',
      kind: 'Function',
      name: 'hello',
      uid: 'u1',
      namespace: 'a',
      resourceVersion: '7',
    },
    type: 'Warning',
    reason: 'CompileFailed',
    message: 'index.ts:1:2: bad',
    count: 1,
    firstTimestamp: '2030-01-01T00:00:00Z',
    lastTimestamp: '2030-01-01T00:00:00Z',
    source: { component: 'catnap-operator' },
    reportingComponent: 'catnap-operator',
    reportingInstance: '',
  });
  await recorder[Symbol.asyncDispose]();
});

test('the same note again raises the count, and begins anew when the Event is gone', async (t) => {
  const { calls, recorder } = await recording(t);
  recorder.record(hello, compiled);
  recorder.record(hello, compiled);
  recorder.record(hello, compiled);
  (await calls.next()).reply({ metadata: { namespace: 'a', name: 'hello.x1' } }, 201);
  const second = await calls.next();
  second.reply({ metadata: {} });
  assert.equal(`${second.method} ${second.url.pathname}`, 'PATCH /api/v1/namespaces/a/events/hello.x1');
  assert.deepEqual(JSON.parse(second.body), { count: 2, lastTimestamp: '2030-01-01T00:00:00Z' });
  (await calls.next()).fail(404, 'NotFound');
  const fourth = await calls.next();
  fourth.reply({ metadata: { namespace: 'a', name: 'hello.x2' } }, 201);
  assert.equal(fourth.method, 'POST');
  await recorder[Symbol.asyncDispose]();
});

test('Events of one moment have names in the order of what they tell', async (t) => {
  const { calls, recorder } = await recording(t);
  const names: string[] = [];
  for (let i = 0; i < 20; i += 1) recorder.record(hello, { ...compiled, message: `the change number ${i}` });
  for (let i = 0; i < 20; i += 1) {
    const call = await calls.next();
    const { name } = JSON.parse(call.body).metadata;
    call.reply({ metadata: { namespace: 'a', name } }, 201);
    names.push(name);
  }
  assert.deepEqual(names, [...new Set(names)].sort());
  await recorder[Symbol.asyncDispose]();
});

test('another message is another Event', async (t) => {
  const { calls, recorder } = await recording(t);
  recorder.record(hello, compiled);
  recorder.record(hello, { ...compiled, message: 'index.ts:9:9: worse' });
  (await calls.next()).reply({ metadata: { namespace: 'a', name: 'hello.x1' } }, 201);
  const second = await calls.next();
  second.reply({ metadata: { namespace: 'a', name: 'hello.x2' } }, 201);
  assert.equal(second.method, 'POST');
  await recorder[Symbol.asyncDispose]();
});

test('a failure is not thrown, and the next note is written', async (t) => {
  const { calls, recorder } = await recording(t);
  recorder.record(hello, compiled);
  recorder.record(hello, compiled);
  (await calls.next()).fail(403, 'Forbidden');
  const second = await calls.next();
  second.reply({ metadata: { namespace: 'a', name: 'hello.x1' } }, 201);
  assert.equal(second.method, 'POST');
  await recorder[Symbol.asyncDispose]();
});

test('nobody is bothered with what cannot be said in a namespace that is being deleted', async (t) => {
  const levels: string[] = [];
  const heard = (level: string) => () => void levels.push(level);
  const log = { ...silentLog, debug: heard('debug'), warn: heard('warn') } as Log;
  const { calls, recorder } = await recording(t, log);
  const causes = [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }];
  recorder.record(hello, compiled);
  recorder.record(hello, compiled);
  (await calls.next()).reply({ kind: 'Status', reason: 'Forbidden', details: { causes } }, 403);
  (await calls.next()).fail(403, 'Forbidden');
  await recorder[Symbol.asyncDispose]();
  assert.deepEqual(levels, ['debug', 'warn']);
});

test('a flood about one object is cut, without taking from another', async (t) => {
  const { calls, recorder } = await recording(t);
  const other = { ...hello, metadata: { ...hello.metadata, name: 'other', uid: 'u2' } };
  Array.from({ length: 100 }, (_, i) => recorder.record(hello, { ...compiled, message: `error ${i}` }));
  recorder.record(other, compiled);
  const answered = Promise.all(
    Array.from({ length: 26 }, async () => {
      const call = await calls.next();
      call.reply({ metadata: { namespace: 'a', name: 'e' } }, 201);
      return JSON.parse(call.body).involvedObject.name;
    }),
  );
  const names = await answered;
  await recorder[Symbol.asyncDispose]();
  assert.deepEqual(names, [...Array.from({ length: 25 }, () => 'hello'), 'other']);
  assert.equal(calls.size, 0);
});
