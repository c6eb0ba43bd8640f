/** What a browser makes of the gateway's CORS: its rules are the browser's, so one is asked. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { aFunction, TestGateway } from '../../activator/testing/test-gateway.ts';
import { Browser } from '../support/browser.ts';

const KEY = 'q83vEjRWeJCrze8SNFZ4kA';
const KEYED = [{ apiKeys: [{ name: 'ci', sha256: hash('sha256', KEY) }] }];

const browser = await Browser.start();
let gateway: TestGateway;
const pages = createServer((_, response) => {
  response.setHeader('set-cookie', 'reader=jo; Domain=fn.example');
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
});

const portOfPages = () => (pages.address() as AddressInfo).port;
const originOf = (page: string) => `http://${page}.fn.example:${portOfPages()}`;

/** What a page of an origin sees of the function. */
const seenBy = (page: string, name: string, options: RequestInit) =>
  browser?.evaluate(
    `${originOf(page)}/`,
    `fetch(${JSON.stringify(`http://${name}.default.fn.example:${gateway.port}/`)}, ${JSON.stringify(options)}).then(
      async (answer) => ({ status: answer.status, seen: answer.headers.get('x-seen'), text: await answer.text() }),
      (error) => error.name)`,
  );

const WITH_KEY: RequestInit = { method: 'PUT', headers: { 'X-Api-Key': KEY }, credentials: 'include' };
const SERVED = { status: 200, seen: 'yes', text: '{"method":"PUT","cookie":"reader=jo"}' };

suite('CORS in a browser', { skip: browser === undefined && 'not checked: there is no chromium on PATH' }, () => {
  before(async () => {
    await new Promise<void>((resolve) => void pages.listen(0, '127.0.0.1', resolve));
    gateway = await TestGateway.start();
    const origins = [originOf('app'), `http://*.below.fn.example:${portOfPages()}`];
    const cors = { origins, credentials: true, headers: ['X-Api-Key'], exposedHeaders: ['X-Seen'] };
    gateway.putFunction(aFunction('hello', { cors, access: KEYED }));
    gateway.putFunction(aFunction('public', { cors: { origins: ['*'] } }));
    for (const name of ['hello', 'public']) {
      await gateway.addReplica(`pod-of-${name}`, `${name}-1`, ({ method, headers }, response) => {
        response.setHeader('x-seen', 'yes').setHeader('access-control-allow-origin', 'http://nowhere.example');
        response.end(JSON.stringify({ method, cookie: headers.cookie, key: headers['x-api-key'] }));
      });
    }
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    pages.close();
  });

  test('a page of an allowed origin reads the answer, with its reader’s cookie, after a preflight', async () => {
    assert.deepEqual(await seenBy('app', 'hello', WITH_KEY), SERVED);
    assert.deepEqual(await seenBy('a.b.below', 'hello', WITH_KEY), SERVED);
  });

  test('a page of an allowed origin can read why it was refused', async () => {
    const seen = await seenBy('app', 'hello', { credentials: 'include' });
    assert.equal((seen as { status: number }).status, 401);
  });

  test('a page of another origin reads nothing, and its preflights reach no function', async () => {
    const { requests } = gateway.traffic('hello');
    assert.equal(await seenBy('evil', 'hello', WITH_KEY), 'TypeError');
    assert.equal(await seenBy('below', 'hello', WITH_KEY), 'TypeError');
    assert.equal(await seenBy('evil', 'hello', { credentials: 'include' }), 'TypeError');
    assert.equal(gateway.traffic('hello').requests, requests);
  });

  test('a header that is not listed is refused by the browser', async () => {
    const headers = { 'X-Api-Key': KEY, 'X-Other': 'a' };
    assert.equal(await seenBy('app', 'hello', { ...WITH_KEY, headers }), 'TypeError');
  });

  test('what is for all origins is read by all, but not with cookies', async () => {
    const seen = await seenBy('evil', 'public', { method: 'DELETE' });
    assert.deepEqual(seen, { status: 200, seen: null, text: '{"method":"DELETE"}' });
    assert.equal(await seenBy('evil', 'public', { credentials: 'include' }), 'TypeError');
  });
});
