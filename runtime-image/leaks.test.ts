/** What a client, a handler and a log must not learn. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { replicaOf } from './testing/replica.ts';

suite('what is not shown', { concurrency: 4 }, () => {
  const FAILING = `export default async () => { throw new Error('no luck'); };`;

  test('a client sees an error’s stack in development only', async () => {
    await using development = await replicaOf(FAILING, { NODE_ENV: 'development' });
    const shown = (await (await fetch(await development.origin())).json()) as { message: string; stack: string };
    assert.equal(shown.message, 'no luck');
    assert.match(shown.stack, /^Error: no luck\n {4}at .*\/function\/index\.ts:1:\d+/);
    await using production = await replicaOf(FAILING, { NODE_ENV: 'production' });
    const text = await (await fetch(await production.origin())).text();
    assert.deepEqual(Object.keys(JSON.parse(text)), ['error', 'message', 'function', 'requestId']);
    await using unsaid = await replicaOf(FAILING);
    assert.doesNotMatch(await (await fetch(await unsaid.origin())).text(), /stack|index\.ts/);
  });

  test('an answer has no headers but the handler’s, the request’s id, and those of HTTP', async () => {
    const web = `export default () => new Response('x', { headers: { 'x-own': '1', 'x-catnap-error': 'forged' } });`;
    const http = `export const handler = (req, res) => { res.setHeader('x-own', '1').setHeader('x-catnap-error', 'forged'); res.send('x'); };`;
    const HEADERS = ['connection', 'content-length', 'content-type', 'date', 'x-own', 'x-request-id'];
    await using served = await replicaOf(web);
    await using express = await replicaOf(http, { CATNAP_SIGNATURE: 'http', CATNAP_HANDLER: 'handler' });
    for (const replica of [served, express]) {
      const names = [...(await fetch(await replica.origin())).headers.keys()].filter((name) => name !== 'etag');
      assert.deepEqual(names, HEADERS);
    }
  });

  test('a handler does not see what the gateway tells the runtime', async () => {
    const shapes: [source: string, env: Record<string, string>][] = [
      [`export default (request) => Object.fromEntries(request.headers);`, {}],
      [
        `export default (req, res) => { res.send([req.headers, req.rawHeaders, req.headersDistinct]); };`,
        { CATNAP_SIGNATURE: 'http' },
      ],
      [`export const handler = async (event) => event;`, {}],
    ];
    for (const [source, env] of shapes) {
      await using replica = await replicaOf(source, env);
      const headers = { 'X-Catnap-Wait-Ms': '100', 'x-catnap-error': 'x', 'x-shown': 'yes' };
      const text = await (await fetch(await replica.origin(), { headers })).text();
      assert.match(text, /x-shown/);
      assert.doesNotMatch(text, /x-catnap/i);
    }
  });

  test('the environment, where secrets are, is not logged: neither by a start, nor a failing one, nor a crash', async () => {
    const env = { API_KEY: 'hush-1', CATNAP_LOG_LEVEL: 'debug', NODE_ENV: 'development' };
    await using crashing = await replicaOf(
      `export default () => { setTimeout(() => { throw new Error('stray'); }); return new Promise(() => {}); };`,
      env,
    );
    const answer = await (await fetch(await crashing.origin())).text();
    await crashing.ended;
    await using failing = await replicaOf(`throw new Error('at import');`, env);
    await failing.ended;
    await using mistaken = await replicaOf(FAILING, { ...env, CATNAP_CONCURRENCY_LIMIT: 'many' });
    await mistaken.ended;
    const said = [crashing, failing, mistaken].flatMap(({ lines, texts }) => [...lines, ...texts]);
    assert.ok(said.length >= 4);
    assert.doesNotMatch(JSON.stringify([said, answer]), /hush-1|API_KEY/);
  });
});
