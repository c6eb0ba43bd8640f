import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/time/clock.ts';
import type { Decision } from '../errors/decision.ts';
import type { Policy, PolicyDecision } from '../policy/policy.ts';
import { PolicyChain } from '../policy/policy-chain.ts';
import { ask, TestGateway, until } from '../testing/test-gateway.ts';
import { NameTable } from '../upstream/http1/name-table.ts';
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

/** Routes to a target whose policies decide so. */
function judgeBy(gateway: TestGateway, decide: Policy['decide']) {
  const seen = { admitted: 0, finished: [] as number[] };
  const policies = new PolicyChain([{ name: 'access', decide }], {
    after: (delayMs, callback) => systemClock.after(delayMs, callback),
    decided: () => undefined,
  });
  const admit = (): Decision => {
    seen.admitted += 1;
    return { status: 202, headers: [], body: '' };
  };
  const finished = ({ status }: { status: number }) => void seen.finished.push(status);
  const target: Target = { config: { key: 'shop/later' }, policies, admit, finished };
  gateway.functions.routes.add({ namespace: 'shop', name: 'later', routes: [], target });
  return seen;
}

test('a target has a request once its policies let it pass, however late, and what they add is on the answer', async () => {
  await using gateway = await TestGateway.start();
  const later = Promise.withResolvers<PolicyDecision>();
  const seen = judgeBy(gateway, () => later.promise);
  const answer = ask(gateway.port, { path: URL_PATH, method: 'POST', body: 'x'.repeat(100_000) });
  await until(() => gateway.gateway.open === 1, 'it has come');
  assert.equal(seen.admitted, 0);
  later.resolve({ pass: { answer: { instead: new NameTable([]), add: ['ratelimit', 'r=1'], vary: 'Origin' } } });
  const { status, headers } = await answer;
  assert.deepEqual([status, headers.ratelimit, headers.vary], [202, 'r=1', 'Origin']);
  assert.deepEqual(seen, { admitted: 1, finished: [202] });
});

test('a request whose client leaves while it is judged never gets to the target, and is counted as its own', async () => {
  await using gateway = await TestGateway.start();
  const later = Promise.withResolvers<PolicyDecision>();
  const seen = judgeBy(gateway, () => later.promise);
  const leaves = new AbortController();
  const answer = ask(gateway.port, { path: URL_PATH, signal: leaves.signal });
  await until(() => gateway.gateway.open === 1, 'it has come');
  leaves.abort();
  await assert.rejects(answer);
  await until(() => gateway.gateway.open === 0, 'the gateway has seen it');
  later.resolve('continue');
  await later.promise;
  assert.equal((await ask(gateway.port, { path: '/nothing' })).status, 404);
  assert.deepEqual(seen, { admitted: 0, finished: [0] });
});

test('policies that fail, at once or later, let nothing pass, and what comes then is judged', async () => {
  await using gateway = await TestGateway.start();
  const failures: Policy['decide'][] = [
    () => Promise.reject(new Error('for a test')),
    () => {
      throw new Error('for a test');
    },
    () => 'continue',
  ];
  const seen = judgeBy(gateway, (...asked) => failures.shift()?.(...asked) ?? 'continue');
  const statuses: number[] = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await ask(gateway.port, { path: URL_PATH })).status);
  assert.deepEqual(statuses, [500, 500, 202]);
  assert.deepEqual(seen, { admitted: 1, finished: [500, 500, 202] });
});
