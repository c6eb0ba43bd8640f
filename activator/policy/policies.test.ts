/** What policies do to requests of a gateway. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { systemClock } from '#platform/time/clock.ts';
import { functionConfig } from '../routing/function-config.ts';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';
import { ExactLimits } from './rate-limits/exact-limits.ts';
import { ownLimits } from './rate-limits/own-limits.ts';

/** What the function answers: the headers that it got. */
const echo = (request: { headers: object }, response: { end(text: string): void }) =>
  response.end(JSON.stringify(request.headers));

const refusedBy = async (gateway: TestGateway, options: Parameters<typeof ask>[1]) => {
  const { status, headers, body } = await ask(gateway.port, options);
  return { status, code: headers['x-catnap-error'], body };
};

test('a refused request never starts a pod, at none of the addresses that the function has', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { allowFrom: ['10.0.0.0/8'], routes: [{ host: 'shop.example' }] }));
  const addresses = [
    { host: 'hello.default.fn.example' },
    { host: 'HELLO.default.fn.example.:80', path: '/x' },
    { host: 'other.example', path: '/fn/default/hello/x' },
    { host: 'shop.example' },
    { host: 'hello.default' },
    { host: 'hello.default.svc.cluster.local', method: 'POST', body: 'x'.repeat(100_000) },
    { host: 'shop.example', method: 'OPTIONS' },
    { host: 'shop.example', headers: { connection: 'upgrade', upgrade: 'websocket' } },
  ];
  for (const address of addresses) {
    const { status, code, body } = await refusedBy(gateway, address);
    assert.deepEqual([status, code], [403, 'Forbidden'], JSON.stringify(address));
    assert.ok(!/10\.0\.0\.0|default|address/.test(body), body);
  }
  assert.equal(gateway.scales.writes.length, 0);
  assert.deepEqual([gateway.traffic('hello').requests, gateway.gateway.open], [0, 0]);
});

test('it is counted as the function has it, and logged', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { denyFrom: ['127.0.0.0/8', '::1'] }));
  await ask(gateway.port);
  await until(() => gateway.logged.length === 1, 'it is logged');
  const { counters, learned } = gateway.traffic('hello');
  assert.deepEqual(counters?.policies, new Map([['addresses', new Map([['refused', 1]])]]));
  assert.deepEqual([counters?.failures.get('Forbidden'), gateway.functions.unrouted.failures.size], [1, 0]);
  assert.deepEqual([gateway.logged[0]?.function, gateway.logged[0]?.code], ['default/hello', 'Forbidden']);
  assert.equal(learned, undefined);
});

test('a spec that cannot be understood closes the function', async () => {
  await using gateway = await TestGateway.start();
  const fn = aFunction('hello');
  gateway.putFunction({ ...fn, spec: { ...fn.spec, denyFrom: ['2001:db8::1::/32'] } });
  const { status, code, body } = await refusedBy(gateway, {});
  assert.deepEqual([status, code], [403, 'PolicyInvalid']);
  assert.ok(!body.includes('2001:'));
});

test('so does one that no schema would let in, where another was read before', async () => {
  await using gateway = await TestGateway.start();
  const fn = aFunction('hello', { allowFrom: ['127.0.0.1'] });
  const odd = [
    { access: [null] },
    { access: 'x' },
    { allowFrom: 7 },
    { cors: {} },
    { cors: { origins: [null] } },
    { access: [{ apiKeys: 'x' }] },
    { access: [{ jwt: null }] },
    { access: [{ jwt: { issuer: 'https://a.example', audiences: 'x' } }] },
  ];
  for (const policies of odd) {
    gateway.putFunction(fn);
    gateway.putFunction({ ...fn, spec: { ...fn.spec, allowFrom: undefined, ...policies } as never });
    assert.equal((await refusedBy(gateway, {})).code, 'PolicyInvalid', JSON.stringify(policies));
  }
});

test('what passes reaches the function; a change of the policies holds from the next request on', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { allowFrom: ['127.0.0.1'] }));
  await gateway.addReplica('pod-a', 'hello-1', echo);
  assert.equal((await ask(gateway.port)).status, 200);
  gateway.putFunction(aFunction('hello', { allowFrom: ['127.0.0.2'] }));
  assert.equal((await ask(gateway.port)).status, 403);
  gateway.putFunction(aFunction('hello'));
  assert.equal((await ask(gateway.port)).status, 200);
});

test('policies are compiled once, not with each change of the status', async () => {
  await using gateway = await TestGateway.start();
  const fn = aFunction('hello', { allowFrom: ['127.0.0.1'] });
  gateway.putFunction(fn);
  const { policies } = gateway.traffic('hello');
  gateway.putFunction({ ...fn, status: { ...fn.status, readyReplicas: 1 } as never });
  assert.equal(gateway.traffic('hello').policies, policies);
  assert.equal(functionConfig(aFunction('hello', { httpsOnly: false })).policies, undefined);
});

test('behind a trusted proxy its client counts, and what the proxy says of https', async () => {
  await using gateway = await TestGateway.start({ trustedProxies: ['127.0.0.0/8'] });
  gateway.putFunction(aFunction('hello', { allowFrom: ['203.0.113.0/24'], httpsOnly: true }));
  await gateway.addReplica('pod-a', 'hello-1', echo);
  const from = (address: string, protocol: string) =>
    ask(gateway.port, { headers: { 'x-forwarded-for': address, 'x-forwarded-proto': protocol } });
  assert.equal((await from('203.0.113.9', 'https')).status, 200);
  assert.equal((await from('198.51.100.1', 'https')).status, 403);
  const { status, headers, body } = await from('203.0.113.9', 'http');
  assert.deepEqual([status, headers.location, body], [308, 'https://hello.default.fn.example/', '']);
  assert.equal((await from('unknown', 'https')).status, 403);
});

test('what a stranger says of a proxy or of the gateway itself is not believed', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { denyFrom: ['203.0.113.0/24'] }));
  gateway.putFunction(aFunction('secure', { httpsOnly: true }));
  await gateway.addReplica('pod-a', 'hello-1', echo);
  const forged = { 'x-forwarded-for': '203.0.113.1', 'X-Catnap-Caller-Name': 'root', X_Catnap_Caller_Name: 'root' };
  const { status, body } = await ask(gateway.port, { headers: forged });
  assert.deepEqual([status, /root|203/.test(body)], [200, false]);
  const headers = { 'x-forwarded-proto': 'https' };
  assert.equal((await ask(gateway.port, { host: 'secure.default.fn.example', headers })).status, 308);
});

test('whose key it is reaches the function, the key does not; without one it is 401 with a challenge, and nothing wakes', async () => {
  await using gateway = await TestGateway.start();
  const key = 'q83vEjRWeJCrze8SNFZ4kA';
  const sha256 = '8f1dbc2f6a1f6f1e0d0d'.padEnd(64, '0');
  const access = [
    { public: ['/healthz'] },
    {
      apiKeys: [
        { name: 'ci', sha256: hash('sha256', key) },
        { name: 'x', sha256 },
      ],
    },
  ];
  gateway.putFunction(aFunction('hello', { access }));
  const refused = await ask(gateway.port, { headers: { 'x-api-key': `${key}x` } });
  assert.deepEqual([refused.status, refused.headers['x-catnap-error']], [401, 'Unauthorized']);
  assert.equal(refused.headers['www-authenticate'], 'ApiKey header="X-Api-Key"');
  assert.ok(!/hello|known/.test(refused.body), refused.body);
  assert.equal(gateway.scales.writes.length, 0);
  await gateway.addReplica('pod-a', 'hello-1', echo);
  const forged = { 'x-catnap-caller-name': 'root', 'X-API-KEY': key, X_Api_Key: 'other', cookie: 'a=b' };
  const { status, body } = await ask(gateway.port, { headers: forged });
  const got = JSON.parse(body);
  assert.deepEqual([status, got['x-catnap-caller-way'], got['x-catnap-caller-name']], [200, 'apiKeys', 'ci']);
  assert.deepEqual([got['x-api-key'], got.x_api_key, got.cookie], [undefined, undefined, 'a=b']);
  const everyone = await ask(gateway.port, {
    path: '/fn/default/hello/healthz',
    host: 'x.example',
    headers: { 'x-api-key': 'no' },
  });
  assert.deepEqual([everyone.status, /api-key|caller/.test(everyone.body)], [200, false]);
  assert.equal((await ask(gateway.port, { path: '/fn/default/hello/healthz/../x', host: 'x.example' })).status, 401);
  const told = gateway.refusals.map(({ policy, why, path }) => [policy, why, path]);
  assert.deepEqual(told, [
    ['access', 'the path is not among those for everyone; the key in X-Api-Key is not known', '/'],
    [
      'access',
      'the path is not among those for everyone; there is no key in X-Api-Key',
      '/fn/default/hello/healthz/../x',
    ],
  ]);
  assert.ok(!JSON.stringify(gateway.refusals).includes(key));
});

test('preflights wake nothing and need no credentials; a page may read why it was refused, and what the function says of CORS does not count', async () => {
  await using gateway = await TestGateway.start();
  const origin = 'https://app.example.com';
  const key = 'q83vEjRWeJCrze8SNFZ4kA';
  const access = [{ apiKeys: [{ name: 'ci', sha256: hash('sha256', key) }] }];
  gateway.putFunction(aFunction('hello', { access, cors: { origins: [origin], credentials: true } }));
  const asks = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-api-key' };
  const preflight = await ask(gateway.port, { method: 'OPTIONS', headers: asks });
  assert.deepEqual([preflight.status, preflight.body, gateway.scales.writes.length], [204, '', 0]);
  assert.equal(preflight.headers['access-control-allow-headers'], 'x-api-key');
  const refused = await ask(gateway.port, { headers: { origin } });
  assert.deepEqual(
    [refused.status, refused.headers['access-control-allow-origin'], refused.headers.vary],
    [401, origin, 'Origin'],
  );
  await gateway.addReplica('pod-a', 'hello-1', (_, response) => {
    response.writeHead(200, { 'access-control-allow-origin': '*', vary: 'accept' }).end('ok');
  });
  const { headers } = await ask(gateway.port, { headers: { origin, 'x-api-key': key } });
  assert.deepEqual([headers['access-control-allow-origin'], headers.vary], [origin, 'accept, Origin']);
  const elsewhere = await ask(gateway.port, { headers: { origin: 'https://evil.example', 'x-api-key': key } });
  assert.deepEqual([elsewhere.status, elsewhere.headers['access-control-allow-origin']], [200, undefined]);
  await until(() => gateway.logged.length === 4, 'all are over');
  assert.equal(gateway.traffic('hello').counters?.policies?.get('cors')?.get('answered'), 1);
});

/** Decisions on limits wait until `answer` is called, each for the oldest that waits. */
function slowLimits() {
  const waiting: ((reply: unknown) => void)[] = [];
  const redis = { isReady: true, call: () => new Promise<unknown>((resolve) => waiting.push(resolve)) };
  const patient = { ...systemClock, after: () => () => undefined };
  const exact = new ExactLimits({ redis, clock: patient, prefix: '', changed: () => undefined });
  return { rateLimits: { ...ownLimits(systemClock), exact }, waiting, answer: () => waiting.shift()?.([0, 1_000]) };
}
const LIMITED = { rateLimits: [{ requests: 5, seconds: 60, by: 'Function' }] };

test('a function that is deleted while a request of it is judged is not woken by that request', async () => {
  const { rateLimits, waiting, answer } = slowLimits();
  await using gateway = await TestGateway.start({ rateLimits });
  gateway.putFunction(aFunction('hello', LIMITED));
  const asked = ask(gateway.port);
  await until(() => waiting.length === 1, 'it is judged');
  gateway.functionFeed.remove('hello');
  answer();
  assert.equal((await asked).status, 404);
  gateway.putFunction(aFunction('hello', LIMITED));
  assert.equal(gateway.scales.writes.length, 0);
});

test('a request that is judged while the function is closed was before that; the next one is not let in', async () => {
  const { rateLimits, waiting, answer } = slowLimits();
  await using gateway = await TestGateway.start({ rateLimits });
  gateway.putFunction(aFunction('hello', LIMITED));
  await gateway.addReplica('pod-a', 'hello-1', echo);
  const before = ask(gateway.port);
  await until(() => waiting.length === 1, 'it is judged');
  gateway.putFunction(aFunction('hello', { denyFrom: ['127.0.0.0/8'] }));
  const after = await ask(gateway.port);
  answer();
  assert.deepEqual([(await before).status, after.status], [200, 403]);
});
