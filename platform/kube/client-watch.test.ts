import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Inbox, ScriptedApiServer } from '../testing/scripted-api-server.ts';
import type { WatchEvent } from './calls.ts';
import { KubeClient } from './client.ts';
import { CONFIG_MAPS, type ConfigMap } from './resources.ts';

const event = (type: string, name: string, resourceVersion: string) => ({
  type,
  object: { metadata: { namespace: 'a', name, resourceVersion } },
});

/** A watch whose events arrive in an inbox, and its end, with an error or without, in `ended`. */
async function watching(t: { after: (fn: () => Promise<void>) => void }, idleMs = 5_000) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const stop = new AbortController();
  const events = new Inbox<WatchEvent<ConfigMap>>();
  const opened = new Inbox<string>();
  const options = { namespace: 'a', resourceVersion: '5', timeoutSeconds: 60, idleMs, signal: stop.signal };
  const ended = (async () => {
    const onOpen = () => opened.put('open');
    for await (const next of kube.watch(CONFIG_MAPS, { ...options, onOpen })) events.put(next);
  })();
  ended.catch(() => undefined); // a test that is not about the end does not look at it
  t.after(async () => {
    stop.abort();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { call: await server.calls.next(), events, ended, opened, stop };
}

test('events come in order, bookmarks too, and the server may end the watch', async (t) => {
  const { call, events, ended, opened } = await watching(t);
  call.open();
  assert.equal(await opened.next(), 'open');
  call.send(event('ADDED', 'x', '6'), event('BOOKMARK', '', '9')).end();
  await ended;
  assert.deepEqual(
    (await events.take(2)).map((e) => `${e.type} ${e.object.metadata?.resourceVersion}`),
    ['ADDED 6', 'BOOKMARK 9'],
  );
  assert.equal(
    `${call.url.pathname}${call.url.search}`,
    '/api/v1/namespaces/a/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=60',
  );
});

test('an event may be cut anywhere, also inside a character', async (t) => {
  const { call, events } = await watching(t);
  const line = Buffer.from(`${JSON.stringify(event('ADDED', 'fünf', '6'))}\n`);
  const inside = line.indexOf('ü') + 1;
  call.open().write(line.subarray(0, inside));
  call.write(line.subarray(inside));
  assert.equal((await events.next()).object.metadata?.name, 'fünf');
});

test('410 as an answer and as an event are the same error', async (t) => {
  const answered = await watching(t);
  answered.call.fail(410, 'Expired');
  await assert.rejects(answered.ended, { status: 410, code: 'Expired' });
  const streamed = await watching(t);
  streamed.call
    .open()
    .send({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } });
  await assert.rejects(streamed.ended, {
    status: 410,
    code: 'Expired',
    message: 'watch configmaps a: 410 Expired: too old',
  });
});

test('a line that is no event ends the watch, after the events before it', async (t) => {
  const { call, events, ended } = await watching(t);
  call
    .open()
    .send(event('ADDED', 'x', '6'))
    .write('<html>\n');
  await assert.rejects(ended, { code: 'BadAnswer' });
  assert.equal(events.size, 1);
});

test('a cut in the middle of an event is an error, and so is an end there', async (t) => {
  const cut = await watching(t);
  cut.call
    .open()
    .send(event('ADDED', 'x', '6'))
    .write('{"type":"ADD');
  await cut.events.next();
  cut.call.cut();
  await assert.rejects(cut.ended, { code: 'NoAnswer' });
  const ended = await watching(t);
  ended.call.open().write('{"type":"ADD').end();
  await assert.rejects(ended.ended, { code: 'BadAnswer' });
});

test('silence ends the watch', async (t) => {
  const { call, ended } = await watching(t, 100);
  call.open();
  await assert.rejects(ended, { code: 'DeadlineExceeded' });
  await call.closed();
});

test('an aborted signal ends the watch and its connection', async (t) => {
  const { call, ended, opened, stop } = await watching(t);
  call.open();
  await opened.next();
  stop.abort();
  await assert.rejects(ended, { code: 'Aborted' });
  await call.closed();
});
