import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Loose } from './test-server.ts';
import { configMap, TestServer, take } from './test-server.ts';

/** Every namespace has this one. */
const ROOT_CA = 'kube-root-ca.crt';

suite('lists and watches over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  /** A namespace of a test's own, and its ConfigMaps. */
  async function namespaceOf(name: string): Promise<string> {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name } });
    return `/api/v1/namespaces/${name}/configmaps`;
  }
  const names = (items: Loose[]) => items.map((item) => item.metadata.name);
  const seen = (events: Loose[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  test('selects by labels in every way there is', async () => {
    const path = await namespaceOf('labels');
    await server.call('POST', path, configMap('a', {}, { tier: 'front', env: 'test' }));
    await server.call('POST', path, configMap('b', {}, { tier: 'back' }));
    await server.call('POST', path, configMap('c'));
    const select = async (selector: string) =>
      names((await server.get(`${path}?labelSelector=${encodeURIComponent(selector)}`)).body.items);
    assert.deepEqual(await select('tier=front'), ['a']);
    assert.deepEqual(await select('tier!=front'), ['b', 'c', ROOT_CA]);
    assert.deepEqual(await select('tier in (front, back),env'), ['a']);
    assert.deepEqual(await select('tier notin (front)'), ['b', 'c', ROOT_CA]);
    assert.deepEqual(await select('!tier'), ['c', ROOT_CA]);
  });

  test('shows all pages of a list as they were at its first', async () => {
    const path = await namespaceOf('pages');
    for (const name of ['a', 'b', 'c']) await server.call('POST', path, configMap(name));
    const first = (await server.get(`${path}?limit=2`)).body;
    assert.deepEqual(names(first.items), ['a', 'b']);
    assert.equal(first.metadata.remainingItemCount, 2);
    await server.call('DELETE', `${path}/c`);
    await server.call('POST', path, configMap('d'));
    const second = (await server.get(`${path}?limit=2&continue=${first.metadata.continue}`)).body;
    assert.deepEqual(names(second.items), ['c', ROOT_CA]);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    assert.equal(second.metadata.continue, undefined);
  });

  test('shows a list as it was at an exact revision', async () => {
    const path = await namespaceOf('exact');
    const { body } = await server.call('POST', path, configMap('a', { n: '1' }));
    await server.patch(`${path}/a`, 'merge', { data: { n: '2' } });
    const version = body.metadata.resourceVersion;
    const past = await server.get(`${path}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    assert.equal(past.body.items[0].data.n, '1');
    const future = await server.get(`${path}?resourceVersion=${Number(version) + 1_000_000}`);
    assert.equal(future.code, 504);
    assert.equal(future.body.details.causes[0].reason, 'ResourceVersionTooLarge');
  });

  test('tells of changes after a revision, in order', async () => {
    const path = await namespaceOf('changes');
    const from = (await server.get(path)).body.metadata.resourceVersion;
    await server.call('POST', path, configMap('a'));
    const stop = new AbortController();
    const events = server.watch(`${path}?watch=true&resourceVersion=${from}`, stop.signal);
    const early = await take(events, 1);
    await server.patch(`${path}/a`, 'merge', { data: { n: '1' } });
    await server.call('DELETE', `${path}/a`);
    const late = await take(events, 2);
    stop.abort();
    assert.deepEqual(seen([...early, ...late]), ['ADDED a', 'MODIFIED a', 'DELETED a']);
    const [modified, deleted] = late;
    assert.ok(Number(deleted.object.metadata.resourceVersion) > Number(modified.object.metadata.resourceVersion));
  });

  test('begins with what is there when no revision is given', async () => {
    const path = await namespaceOf('state');
    await server.call('POST', path, configMap('a'));
    await server.call('POST', path, configMap('b'));
    const stop = new AbortController();
    const events = await take(server.watch(`${path}?watch=true`, stop.signal), 2);
    stop.abort();
    assert.deepEqual(seen(events), ['ADDED a', 'ADDED b']);
  });

  test('marks the end of the state that a client asked to begin with', async () => {
    const path = await namespaceOf('initial');
    await server.call('POST', path, configMap('a'));
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const stop = new AbortController();
    const [added, rootCa, bookmark] = await take(server.watch(`${path}?${query}`, stop.signal), 3);
    stop.abort();
    assert.deepEqual(seen([added, rootCa]), ['ADDED a', `ADDED ${ROOT_CA}`]);
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.equal(bookmark.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  });

  test('shows an object that leaves the selection as deleted, and one that enters it as added', async () => {
    const path = await namespaceOf('transitions');
    const from = (await server.get(path)).body.metadata.resourceVersion;
    await server.call('POST', path, configMap('a', {}, { on: 'no' }));
    await server.patch(`${path}/a`, 'merge', { metadata: { labels: { on: 'yes' } } });
    await server.patch(`${path}/a`, 'merge', { metadata: { labels: { on: 'no' } } });
    const stop = new AbortController();
    const events = server.watch(`${path}?watch=1&resourceVersion=${from}&labelSelector=on%3Dyes`, stop.signal);
    const [added, deleted] = await take(events, 2);
    stop.abort();
    assert.deepEqual(seen([added, deleted]), ['ADDED a', 'DELETED a']);
    assert.equal(deleted.object.metadata.labels.on, 'yes');
    assert.ok(Number(deleted.object.metadata.resourceVersion) > Number(added.object.metadata.resourceVersion));
  });

  test('ends at its timeout, with a bookmark for those who want one', async () => {
    const path = await namespaceOf('timeout');
    const from = (await server.get(path)).body.metadata.resourceVersion;
    const query = `watch=1&resourceVersion=${from}&timeoutSeconds=1&allowWatchBookmarks=true`;
    const events = await take(server.watch(`${path}?${query}`, AbortSignal.timeout(10_000)), 2);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['BOOKMARK'],
    );
  });

  test('goes on where a watch was after a restart', async () => {
    const path = await namespaceOf('restarted');
    const from = (await server.get(path)).body.metadata.resourceVersion;
    await server.call('POST', path, configMap('before'));
    await server.call('DELETE', `${path}/before`);
    await server.restart();
    await server.call('POST', path, configMap('after'));
    const stop = new AbortController();
    const events = await take(server.watch(`${path}?watch=1&resourceVersion=${from}`, stop.signal), 3);
    stop.abort();
    assert.deepEqual(seen(events), ['ADDED before', 'DELETED before', 'ADDED after']);
  });

  test('sends rows to a client that watches a table, and the columns once', async () => {
    const path = await namespaceOf('rows');
    await server.call('POST', path, configMap('a', { one: '1' }));
    await server.call('POST', path, configMap('b'));
    const stop = new AbortController();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const [first, second] = await take(server.watch(`${path}?watch=1`, stop.signal, accept), 2);
    stop.abort();
    assert.equal(first.object.columnDefinitions[1].name, 'Data');
    assert.equal(first.object.rows[0].cells[1], 1);
    assert.equal(second.object.columnDefinitions, null);
  });
});

test('says so when a watch or a page would begin behind what is forgotten', async () => {
  await using server = await TestServer.start(10);
  const path = '/api/v1/namespaces/default/configmaps';
  for (const name of ['a', 'b']) await server.call('POST', path, configMap(name));
  const first = (await server.get(`${path}?limit=1`)).body;
  for (let n = 0; n < 30; n += 1) await server.patch(`${path}/a`, 'merge', { data: { n: String(n) } });
  const from = first.metadata.resourceVersion;
  const events = await take(server.watch(`${path}?watch=1&resourceVersion=${from}`, AbortSignal.timeout(10_000)), 2);
  assert.deepEqual(
    events.map(({ type, object }) => [type, object.code, object.reason]),
    [['ERROR', 410, 'Expired']],
  );
  assert.match(events[0].object.message, /^too old resource version: \d+ \(\d+\)$/);
  const page = await server.get(`${path}?limit=1&continue=${first.metadata.continue}`);
  assert.equal(page.code, 410);
  assert.equal(page.body.reason, 'Expired');
});

test('a watch that is over but not read to its end yet is told nothing more', async () => {
  await using server = await TestServer.start();
  const path = '/api/v1/namespaces/default/configmaps';
  // More than what is between the two of us holds, so that the end stays unsent while nothing is read.
  for (let n = 0; n < 12; n += 1) await server.call('POST', path, configMap(`big-${n}`, { text: 'x'.repeat(900_000) }));
  const unread = await server.fetch(`${path}?watch=1&timeoutSeconds=1`);
  const later = await server.fetch(`${path}?watch=1&timeoutSeconds=2&fieldSelector=metadata.name=none`);
  assert.equal(await later.text(), '');
  await server.call('POST', path, configMap('late'));
  assert.equal((await server.get(`${path}/late`)).code, 200);
  await unread.body?.cancel();
});
