import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../errors/decision.ts';
import { ask, TestGateway, until } from '../testing/test-gateway.ts';
import type { Target } from './target.ts';

const URL_PATH = '/fn/shop/later';

/** Routes `/fn/shop/later` to what answers every request with that. */
function route(gateway: TestGateway, admit: () => Decision | Promise<Decision>): void {
  const target: Target = { config: { key: 'shop/later' }, policies: undefined, admit, finished: () => undefined };
  gateway.functions.routes.add({ namespace: 'shop', name: 'later', routes: [], target });
}

test('a target may answer a request itself: status, headers and body are its own, the request has its id', async () => {
  await using gateway = await TestGateway.start();
  route(gateway, () => ({ status: 202, headers: ['preference-applied', 'respond-async'], body: 'soon' }));
  const { status, headers, body } = await ask(gateway.port, { path: URL_PATH, headers: { 'x-request-id': 'mine' } });
  assert.deepEqual([status, body, headers['content-length']], [202, 'soon', '4']);
  assert.deepEqual([headers['preference-applied'], headers['x-request-id']], ['respond-async', 'mine']);
  await until(() => gateway.logged.length === 1, 'it is logged');
  assert.deepEqual([gateway.logged[0]?.status, gateway.gateway.open], [202, 0]);
});

test('so it may later, when an unread body does not keep the connection from its next request', async () => {
  await using gateway = await TestGateway.start();
  const later = Promise.withResolvers<Decision>();
  route(gateway, () => later.promise);
  const answer = ask(gateway.port, { path: URL_PATH, method: 'POST', body: 'x'.repeat(100_000) });
  await until(() => gateway.gateway.open === 1, 'it has come');
  later.resolve({ status: 202, headers: [], body: '' });
  assert.equal((await answer).status, 202);
  await until(() => gateway.gateway.open === 0, 'it is over');
});

test('a failure may carry headers, which callers get even without details', async () => {
  await using gateway = await TestGateway.start();
  route(gateway, () => ({ code: 'GatewayUnavailable', message: 'the details', headers: ['ratelimit', 'r=0;t=7'] }));
  const { status, headers, body } = await ask(gateway.port, { path: URL_PATH });
  assert.deepEqual([status, headers.ratelimit], [503, 'r=0;t=7']);
  assert.equal(JSON.parse(body).error, 'GatewayUnavailable');
});

test('a decision that fails ends its request alone', async () => {
  await using gateway = await TestGateway.start();
  route(gateway, () => Promise.reject(new Error('for a test')));
  assert.equal((await ask(gateway.port, { path: URL_PATH })).status, 500);
  assert.equal(gateway.gateway.open, 0);
  assert.equal((await ask(gateway.port, { path: '/nothing' })).status, 404);
});
