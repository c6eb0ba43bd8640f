import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '../kube/client.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import { type Call, Inbox, ScriptedApiServer, silentLog } from '../testing/scripted-api-server.ts';
import { eachInTurns, viewObjects } from './object-view.ts';

type Context = { after: (fn: () => Promise<void>) => void };

const anObject = (namespace: string, name: string, resourceVersion: string) => ({
  metadata: { namespace, name, resourceVersion, uid: `${namespace}-${name}` },
});

async function viewing(t: Context, namespaces: readonly string[] | undefined) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const view = viewObjects({ kube, resource: CONFIG_MAPS, log: silentLog }, namespaces);
  const changes = new Inbox<string>();
  const stop = view.onChange(({ type, object }) =>
    changes.put(`${type} ${object.metadata?.namespace}/${object.metadata?.name}`),
  );
  t.after(async () => {
    await view[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { calls: server.calls, view, changes, stop };
}

const byPath = (calls: Call[]) => calls.sort((a, b) => a.url.pathname.localeCompare(b.url.pathname));

test('two namespaces are asked for apart, and seen as one', async (t) => {
  const { calls, view, changes, stop } = await viewing(t, ['a', 'b']);
  const [first, second] = byPath(await calls.take(2));
  assert.equal(first?.url.pathname, '/api/v1/namespaces/a/configmaps');
  assert.equal(second?.url.pathname, '/api/v1/namespaces/b/configmaps');
  first?.reply({ metadata: { resourceVersion: '5' }, items: [anObject('a', 'x', '1')] });
  assert.equal(await changes.next(), 'added a/x');
  assert.equal(view.hasSynced, false);
  second?.reply({ metadata: { resourceVersion: '6' }, items: [anObject('b', 'x', '2')] });
  assert.equal(await changes.next(), 'added b/x');
  await view.synced;
  assert.equal(view.hasSynced, true);
  assert.equal(view.get('b', 'x')?.metadata?.uid, 'b-x');
  assert.equal(view.get('c', 'x'), undefined);
  assert.equal(view.list().length, 2);

  const [watchA, watchB] = byPath(await calls.take(2));
  watchB?.open().send({ type: 'ADDED', object: anObject('b', 'y', '7') });
  assert.equal(await changes.next(), 'added b/y');
  stop();
  watchA?.open().send({ type: 'ADDED', object: anObject('a', 'y', '8') });
  await new Promise<void>((resolve) => view.onChange(({ object }) => object.metadata?.uid === 'a-y' && resolve()));
  assert.equal(changes.size, 0);
});

test('who wants the news alone is not given what is known', async (t) => {
  const { calls, view } = await viewing(t, ['a']);
  (await calls.next()).reply({ metadata: { resourceVersion: '5' }, items: [anObject('a', 'known', '1')] });
  await view.synced;
  const watch = (await calls.next()).open();
  const news = new Inbox<string>();
  const stop = view.onNews(({ type, object }) => news.put(`${type} ${object.metadata?.name}`));
  watch.send({ type: 'ADDED', object: anObject('a', 'new', '6') });
  assert.equal(await news.next(), 'added new');
  stop();
  watch.send({ type: 'ADDED', object: anObject('a', 'later', '7') });
  await new Promise<void>((resolve) => view.onChange(({ object }) => object.metadata?.name === 'later' && resolve()));
  assert.equal(news.size, 0);
});

test('those read in turns are as they are then, without those that went meanwhile', async (t) => {
  const { calls, view } = await viewing(t, ['a']);
  const names = Array.from({ length: 300 }, (_, index) => `x-${index}`);
  const items = names.map((name) => anObject('a', name, '1'));
  (await calls.next()).reply({ metadata: { resourceVersion: '5' }, items });
  await view.synced;
  const watch = (await calls.next()).open();
  const read: string[] = [];
  for await (const { metadata } of eachInTurns(view)) {
    read.push(`${metadata?.name}@${metadata?.resourceVersion}`);
    if (read.length > 1) continue;
    watch.send({ type: 'DELETED', object: anObject('a', 'x-298', '6') });
    watch.send({ type: 'MODIFIED', object: anObject('a', 'x-299', '7') });
    await new Promise<void>((resolve) => view.onNews(({ object }) => object.metadata?.name === 'x-299' && resolve()));
  }
  assert.equal(read.length, 299);
  assert.deepEqual(read.slice(-2), ['x-297@1', 'x-299@7']);
});

test('without namespaces all of the cluster is asked for at once', async (t) => {
  const { calls } = await viewing(t, undefined);
  assert.equal((await calls.next()).url.pathname, '/api/v1/configmaps');
});
