import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Loose } from './test-server.ts';
import { configMap, TestServer, take } from './test-server.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

suite('an API server that is as slow as a real one', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start(undefined, 7);
  });
  after(() => server[Symbol.asyncDispose]());

  const revision = async () => (await server.get(PATH)).body.metadata.resourceVersion;
  const names = (events: Loose[]) => events.map(({ object }) => object.metadata.name);
  const made = Array.from({ length: 20 }, (_, index) => `made-${index}`);

  test('a watch tells of every change, in their order, and of some of them late', async () => {
    const stop = new AbortController();
    const events = server.watch(`${PATH}?watch=1&resourceVersion=${await revision()}`, stop.signal);
    const all = take(events, made.length);
    for (const name of made) await server.call('POST', PATH, configMap(name));
    assert.deepEqual(names(await all), made);
    const began = performance.now();
    for (const name of made) {
      await server.patch(`${PATH}/${name}`, 'merge', { data: { a: '1' } });
      await take(events, 1);
    }
    stop.abort();
    const spentMs = performance.now() - began;
    assert.ok(spentMs > made.length * 20, `${spentMs} ms for ${made.length} changes, one after the other`);
  });

  test('a watch that ends has told of every change before it, and then how far it came', async () => {
    const query = `watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${await revision()}`;
    const events = Array.fromAsync(server.watch(`${PATH}?${query}`, AbortSignal.timeout(10_000)));
    let ended = false;
    const all = events.then((taken) => {
      ended = true;
      return taken;
    });
    const written: string[] = [];
    while (!ended)
      written.push((await server.call('POST', PATH, configMap(`more-${written.length}`))).body.metadata.name);
    const taken = await all;
    const bookmark = taken.pop();
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.deepEqual(names(taken), written.slice(0, taken.length));
    assert.equal(taken.at(-1).object.metadata.resourceVersion, bookmark.object.metadata.resourceVersion);
  });

  test('who is no administrator is turned away now and then, by a line of text and a time to wait', async () => {
    const token = await server.account('reader', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]);
    const headers = { authorization: `Bearer ${token}` };
    const answers: Response[] = [];
    while (!answers.some(({ status }) => status === 429) && answers.length < 1_000) {
      answers.push(await server.fetch(PATH, { headers }));
    }
    const turnedAway = answers.at(-1);
    assert.equal(turnedAway?.status, 429);
    assert.equal(turnedAway?.headers.get('retry-after'), '1');
    assert.match(turnedAway?.headers.get('content-type') ?? '', /^text\/plain/);
    assert.equal((await server.get(PATH)).code, 200, 'an administrator is not');
  });
});
