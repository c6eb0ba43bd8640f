// Longer than 250 lines: one table of what an API server may answer to a list and a watch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '../kube/client.ts';
import { CONFIG_MAPS, type ConfigMap } from '../kube/resources.ts';
import { type Call, Inbox, ScriptedApiServer, silentLog } from '../testing/scripted-api-server.ts';
import { until } from '../testing/until.ts';
import { Informer } from './informer.ts';
import type { InformerTiming } from './informer-options.ts';
import type { Change } from './object-cache.ts';

const fast: InformerTiming = { watchSeconds: 60, idleMs: 5_000, baseMs: 5, maxMs: 20 };

const anObject = (name: string, resourceVersion: string) => ({
  metadata: { namespace: 'a', name, resourceVersion, uid: name },
});
const aList = (resourceVersion: string, ...items: object[]) => ({ metadata: { resourceVersion }, items });
const anEvent = (type: string, name: string, resourceVersion: string) => ({
  type,
  object: anObject(name, resourceVersion),
});
const aBookmark = (resourceVersion: string) => ({ type: 'BOOKMARK', object: { metadata: { resourceVersion } } });
const told = (c: Change<ConfigMap>) => `${c.type} ${c.object.metadata?.name}@${c.object.metadata?.resourceVersion}`;

async function informing(t: { after: (fn: () => Promise<void>) => void }, timing: Partial<InformerTiming> = {}) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const informer = new Informer({ kube, resource: CONFIG_MAPS, log: silentLog, timing: { ...fast, ...timing } });
  const changes = new Inbox<string>();
  informer.onChange((change) => changes.put(told(change)));
  t.after(async () => {
    await informer[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { calls: server.calls, informer, changes };
}

/** An informer that has listed `x@1` at 10 and whose watch is open. */
async function watching(t: { after: (fn: () => Promise<void>) => void }, timing: Partial<InformerTiming> = {}) {
  const { calls, informer, changes } = await informing(t, timing);
  (await calls.next()).reply(aList('10', anObject('x', '1')));
  const watch = (await calls.next()).open();
  assert.equal(await changes.next(), 'added x@1');
  return { calls, informer, changes, watch };
}

const where = (call: Call) => (call.isWatch ? `watch from ${call.query('resourceVersion')}` : 'list');

test('lists, then watches from there with bookmarks and an end', async (t) => {
  const { informer, calls, watch } = await watching(t);
  await informer.synced;
  assert.ok(informer.hasSynced);
  assert.equal(where(watch), 'watch from 10');
  assert.equal(watch.query('allowWatchBookmarks'), 'true');
  assert.ok(Number(watch.query('timeoutSeconds')) >= 60);
  assert.equal(informer.get('a', 'x')?.metadata?.resourceVersion, '1');
  assert.equal(informer.list().length, 1);
  assert.equal(calls.size, 0);
});

test('tells each change once and in order', async (t) => {
  const { changes, informer, watch } = await watching(t);
  watch.send(
    anEvent('ADDED', 'y', '11'),
    anEvent('MODIFIED', 'x', '12'),
    anEvent('MODIFIED', 'x', '12'),
    anEvent('DELETED', 'y', '13'),
  );
  assert.deepEqual(await changes.take(3), ['added y@11', 'updated x@12', 'deleted y@13']);
  assert.deepEqual(
    informer.list().map((object) => object.metadata?.name),
    ['x'],
  );
});

test('a watch that breaks off in the middle of an event goes on after the last whole one', async (t) => {
  const { calls, changes, watch } = await watching(t);
  watch.send(anEvent('ADDED', 'y', '11')).write('{"type":"ADDED","object":{"metad');
  assert.equal(await changes.next(), 'added y@11');
  watch.cut();
  (await calls.next()).reply(aList('11'));
  const next = await calls.next();
  assert.equal(where(next), 'watch from 11');
  next.open().send(anEvent('ADDED', 'z', '12'));
  assert.equal(await changes.next(), 'added z@12');
});

test('a line that cannot be read is asked for again', async (t) => {
  const { calls, changes, watch } = await watching(t);
  watch.send(anEvent('ADDED', 'y', '11')).write('}{\n');
  assert.equal(await changes.next(), 'added y@11');
  assert.equal(where(await calls.next()), 'watch from 11');
});

test('a watch that falls silent is replaced', async (t) => {
  const { calls, changes, watch } = await watching(t, { idleMs: 100 });
  const next = await calls.next();
  assert.equal(where(next), 'watch from 10');
  await watch.closed();
  next.open().send(anEvent('MODIFIED', 'x', '11'));
  assert.equal(await changes.next(), 'updated x@11');
});

test('bookmarks, however slow, keep a watch alive and move its beginning', async (t) => {
  const { calls, watch } = await watching(t, { idleMs: 400 });
  const versions = ['11', '12', '13', '14', '15', '16'];
  const timer = setInterval(() => {
    const version = versions.shift();
    if (version === undefined) watch.end();
    else watch.send(aBookmark(version));
  }, 150);
  t.after(() => clearInterval(timer));
  const next = await calls.next();
  assert.equal(where(next), 'watch from 16');
});

test('410 as an answer: lists and tells the difference', async (t) => {
  const { calls, changes, informer, watch } = await watching(t);
  watch.send(anEvent('ADDED', 'y', '11'));
  assert.equal(await changes.next(), 'added y@11');
  watch.end();
  (await calls.next()).fail(410, 'Expired');
  const list = await calls.next();
  assert.equal(where(list), 'list');
  list.reply(aList('30', anObject('x', '1'), anObject('z', '20')));
  assert.deepEqual(await changes.take(2), ['deleted y@11', 'added z@20']);
  assert.equal(where(await calls.next()), 'watch from 30');
  assert.equal(informer.get('a', 'x')?.metadata?.resourceVersion, '1');
});

test('410 as an event: lists and tells the difference', async (t) => {
  const { calls, changes, watch } = await watching(t);
  watch.send({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  (await calls.next()).reply(aList('30', anObject('x', '29')));
  assert.equal(await changes.next(), 'updated x@29');
  assert.equal(where(await calls.next()), 'watch from 30');
});

test('a watch that is refused again and again ends in a list', async (t) => {
  const { calls, watch } = await watching(t);
  watch.write('not an event\n');
  (await calls.next()).fail(500, 'InternalError');
  (await calls.next()).fail(500, 'InternalError');
  assert.equal(where(await calls.next()), 'list');
});

test('a watch that is ended at once again and again is not a busy loop', async (t) => {
  const { calls, watch } = await watching(t, { baseMs: 30_000, maxMs: 30_000 });
  watch.end();
  await watch.closed();
  const outcome = await Promise.race([calls.next(), new Promise((resolve) => setTimeout(resolve, 100, 'nothing'))]);
  assert.equal(outcome, 'nothing');
});

test('a server that comes back with less than it had is listed again', async (t) => {
  const { calls, changes, watch } = await watching(t);
  watch.cut();
  const check = await calls.next();
  assert.equal(check.query('limit'), '1');
  check.reply(aList('9'));
  (await calls.next()).reply(aList('9', anObject('y', '8')));
  assert.deepEqual(await changes.take(2), ['deleted x@1', 'added y@8']);
  assert.equal(where(await calls.next()), 'watch from 9');
});

test('one object by its name is all that is ever asked for', async (t) => {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const fieldSelector = 'metadata.name=x';
  const informer = new Informer({
    kube,
    resource: CONFIG_MAPS,
    namespace: 'a',
    fieldSelector,
    log: silentLog,
    timing: fast,
  });
  t.after(async () => {
    await informer[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const list = await server.calls.next();
  list.reply(aList('10', anObject('x', '1')));
  const watch = await server.calls.next();
  watch.open().cut();
  const check = await server.calls.next();
  assert.deepEqual(
    [list, watch, check].map((call) => call.query('fieldSelector')),
    [fieldSelector, fieldSelector, fieldSelector],
  );
});

test('a watch that tells of an older state is left for a list', async (t) => {
  const { calls, watch } = await watching(t);
  watch.send(aBookmark('3'));
  assert.equal(where(await calls.next()), 'list');
});

test('a failing list is tried again until it works', async (t) => {
  const { calls, informer } = await informing(t);
  (await calls.next()).fail(500, 'InternalError');
  (await calls.next()).cut();
  assert.equal(informer.hasSynced, false);
  (await calls.next()).reply(aList('10'));
  await informer.synced;
});

test('a handler that throws keeps neither itself nor the others from the next change', async (t) => {
  const { changes, informer, watch } = await watching(t);
  const seen: string[] = [];
  informer.onChange((change) => {
    seen.push(told(change));
    throw new Error('bad handler');
  });
  watch.send(anEvent('ADDED', 'y', '11'), anEvent('ADDED', 'z', '12'));
  assert.deepEqual(await changes.take(2), ['added y@11', 'added z@12']);
  assert.deepEqual(seen, ['added x@1', 'added y@11', 'added z@12']);
});

test('a handler gets what is known first, and nothing more once it is taken away', async (t) => {
  const { changes, informer, watch } = await watching(t);
  const seen: string[] = [];
  const remove = informer.onChange((change) => seen.push(told(change)));
  assert.deepEqual(seen, ['added x@1']);
  remove();
  watch.send(anEvent('ADDED', 'y', '11'));
  await changes.next();
  assert.deepEqual(seen, ['added x@1']);
});

test('the age falls with every word of the server', async (t) => {
  const { calls, informer } = await informing(t);
  const call = await calls.next();
  const before = informer.ageSeconds;
  await until(() => informer.ageSeconds > before + 0.02, 'it grows');
  const later = informer.ageSeconds;
  call.reply(aList('10'));
  await informer.synced;
  assert.ok(informer.ageSeconds < later);
});

test('ends at once, whether it lists, watches or waits', async (t) => {
  const listing = await informing(t);
  await listing.calls.next();
  await listing.informer[Symbol.asyncDispose]();
  const open = await watching(t);
  await open.informer[Symbol.asyncDispose]();
  await open.watch.closed();
  const waiting = await informing(t, { baseMs: 600_000, maxMs: 600_000 });
  (await waiting.calls.next()).fail(500, 'InternalError');
  await waiting.informer[Symbol.asyncDispose]();
  assert.equal(waiting.informer.hasSynced, false);
});

test('what is not kept is neither told nor held, from lists and watches', async (t) => {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const keep = ({ metadata }: ConfigMap): ConfigMap => ({ ...(metadata && { metadata }) });
  const informer = new Informer({ kube, resource: CONFIG_MAPS, log: silentLog, timing: fast, keep, pageSize: 7 });
  const changes = new Inbox<object>();
  informer.onChange(({ object }) => changes.put(object));
  t.after(async () => {
    await informer[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const list = await server.calls.next();
  assert.equal(list.query('limit'), '7');
  list.reply(aList('10', { ...anObject('x', '1'), data: { a: 'b' } }));
  assert.deepEqual(await changes.next(), anObject('x', '1'));
  (await server.calls.next()).open().send({ type: 'ADDED', object: { ...anObject('y', '11'), data: { a: 'b' } } });
  assert.deepEqual(await changes.next(), anObject('y', '11'));
  assert.deepEqual(informer.list(), [anObject('x', '1'), anObject('y', '11')]);
});

test('where the metadata is enough no more is asked for', async (t) => {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const informer = new Informer({ kube, resource: CONFIG_MAPS, log: silentLog, timing: fast, metadataOnly: true });
  t.after(async () => {
    await informer[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const list = await server.calls.next();
  assert.match(list.headers.accept ?? '', /^application\/json;as=PartialObjectMetadataList;g=meta\.k8s\.io;v=v1,/);
  list.reply({ ...aList('10', anObject('x', '1')), kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
  const watch = await server.calls.next();
  assert.match(watch.headers.accept ?? '', /^application\/json;as=PartialObjectMetadata;g=meta\.k8s\.io;v=v1,/);
  assert.equal(informer.get('a', 'x')?.metadata?.resourceVersion, '1');
});
