/** What limits do to requests of a gateway. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { RateLimitSpec } from '#api/rules/rate-limit-fault.ts';
import { aFunction, ask, TestGateway, until } from '../../testing/test-gateway.ts';
import type { Caller } from '../caller.ts';
import type { RequestFacts } from '../policy.ts';
import { limitRules } from './limit-rules.ts';

const HOUR = { seconds: 3_600 } as const;

/** A gateway whose function `hello` has these limits, and answers. */
async function limited(rateLimits: Partial<RateLimitSpec>[], options?: Parameters<typeof TestGateway.start>[0]) {
  const gateway = await TestGateway.start(options);
  gateway.putFunction(aFunction('hello', { rateLimits }));
  await gateway.addReplica('pod-a', 'hello-1', (_request, response) => {
    response.setHeader('RateLimit', '"own";r=1');
    response.end('hello');
  });
  return gateway;
}

const statuses = async (gateway: TestGateway, count: number, options?: Parameters<typeof ask>[1]) => {
  const all: number[] = [];
  for (let i = 0; i < count; i += 1) all.push((await ask(gateway.port, options)).status);
  return all;
};

test('what is beyond the limit is answered 429, with when to come back and what the limit is', async () => {
  await using gateway = await limited([{ requests: 3, ...HOUR, by: 'Client' }]);
  const first = await ask(gateway.port);
  assert.equal(first.status, 200);
  assert.equal(first.headers['ratelimit-policy'], '"client";q=3;w=3600');
  assert.equal(first.headers.ratelimit, '"client";r=2;t=1200');
  assert.deepEqual(await statuses(gateway, 4), [200, 200, 429, 429]);
  const { headers, body } = await ask(gateway.port);
  assert.equal(headers['x-catnap-error'], 'RateLimited');
  assert.ok(Number(headers['retry-after']) > 1_190 && Number(headers['retry-after']) <= 1_200);
  assert.equal(headers.ratelimit, `"client";r=0;t=${headers['retry-after']}`);
  assert.equal(JSON.parse(body).error, 'RateLimited');
});

test('a request that is refused wakes nothing, at none of the addresses that the function has', async () => {
  await using gateway = await TestGateway.start();
  const rateLimits = [{ requests: 1, ...HOUR, by: 'Function' }];
  gateway.putFunction(aFunction('hello', { rateLimits, routes: [{ host: 'shop.example' }] }));
  await gateway.addReplica('pod-a', 'hello-1', (_request, response) => response.end('hello'));
  assert.equal((await ask(gateway.port)).status, 200);
  gateway.podFeed.remove('pod-a');
  const { length } = gateway.scales.writes;
  const addresses = [
    { host: 'HELLO.default.fn.example.:80' },
    { host: 'other.example', path: '/fn/default/hello/x' },
    { host: 'shop.example' },
    { host: 'hello.default.svc', method: 'POST', body: 'x'.repeat(100_000) },
    { host: 'shop.example', headers: { connection: 'upgrade', upgrade: 'websocket' } },
  ];
  for (const address of addresses)
    assert.deepEqual(await statuses(gateway, 1, address), [429], JSON.stringify(address));
  assert.equal(gateway.scales.writes.length, length);
  await until(() => gateway.gateway.open === 0, 'all are over');
});

test('the connection of a request that is refused stays open, for the next one', async () => {
  await using gateway = await limited([{ requests: 1, ...HOUR, by: 'Client' }]);
  await ask(gateway.port);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 5; i += 1) {
    const { status, headers } = await ask(gateway.port, { agent });
    assert.equal(status, 429);
    assert.equal(headers.connection, 'keep-alive');
    ports.add(gateway.gateway.connections);
  }
  assert.deepEqual(
    [...ports].map((count) => (count ?? 0) <= 2),
    [true],
  );
  agent.destroy();
});

test('of a large body of a request that is refused next to nothing is read', async () => {
  await using gateway = await limited([{ requests: 1, ...HOUR, by: 'Client' }]);
  await ask(gateway.port);
  const socket = connect(gateway.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nhost: hello.default.fn.example\r\ncontent-length: 10000000000\r\n\r\nx');
  await until(() => answer.includes('\r\n\r\n'), 'it is answered before its body has come');
  assert.match(answer, /^HTTP\/1\.1 429 /);
  socket.destroy();
});

test('each of several limits has to let a request pass, and one that refuses costs the others nothing', async () => {
  await using gateway = await limited([
    { name: 'tight', requests: 1, ...HOUR, by: 'Header', header: 'X-Tenant' },
    { name: 'wide', requests: 3, ...HOUR, by: 'Function' },
  ]);
  const of = (tenant: string) => ({ headers: { 'x-tenant': tenant } });
  assert.deepEqual(await statuses(gateway, 5, of('a')), [200, 429, 429, 429, 429]);
  const { headers } = await ask(gateway.port, of('b'));
  assert.equal(headers['ratelimit-policy'], '"tight";q=1;w=3600, "wide";q=3;w=3600');
  assert.equal(headers.ratelimit, '"tight";r=0;t=3600, "wide";r=1;t=2400');
  assert.deepEqual(await statuses(gateway, 1, of('c')), [200]);
  assert.deepEqual(await statuses(gateway, 1, of('d')), [429]);
});

test('without the header that a limit counts by, the client counts', async () => {
  await using gateway = await limited([{ requests: 1, ...HOUR, by: 'Header', header: 'x-tenant' }]);
  assert.deepEqual(await statuses(gateway, 2), [200, 429]);
  assert.deepEqual(await statuses(gateway, 2, { headers: { 'X-Tenant': 'a' } }), [200, 429]);
});

test('behind a trusted proxy its clients count each for itself, IPv6 by /64; what strangers say does not', async () => {
  const rateLimits: Partial<RateLimitSpec>[] = [{ requests: 1, ...HOUR, by: 'Client' }];
  await using behind = await limited(rateLimits, { trustedProxies: ['127.0.0.0/8', '::1'] });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  assert.deepEqual(await statuses(behind, 2, from('192.0.2.1')), [200, 429]);
  assert.deepEqual(await statuses(behind, 2, from('192.0.2.2')), [200, 429]);
  assert.deepEqual(await statuses(behind, 1, from('::ffff:192.0.2.2')), [429]);
  assert.deepEqual(await statuses(behind, 1, from('192.0.2.77, 192.0.2.2')), [429]);
  assert.deepEqual(await statuses(behind, 1, from('2001:db8:0:1::1')), [200]);
  assert.deepEqual(await statuses(behind, 1, from('2001:db8:0:1:ffff::2')), [429]);
  assert.deepEqual(await statuses(behind, 1, from('2001:db8:0:2::1')), [200]);
  await using before = await limited(rateLimits);
  assert.deepEqual(await statuses(before, 1, from('192.0.2.1')), [200]);
  assert.deepEqual(await statuses(before, 1, from('192.0.2.2')), [429]);
});

test('what was used up stays so when the function changes, and when only its limit does', async () => {
  await using gateway = await limited([{ requests: 2, ...HOUR, by: 'Client' }]);
  assert.deepEqual(await statuses(gateway, 3), [200, 200, 429]);
  const put = (spec: object) => gateway.putFunction(aFunction('hello', spec));
  put({ timeoutSeconds: 5, rateLimits: [{ requests: 2, ...HOUR, by: 'Client' }] });
  assert.deepEqual(await statuses(gateway, 1), [429]);
  put({
    rateLimits: [
      { requests: 2, ...HOUR, by: 'Client' },
      { requests: 9, ...HOUR, by: 'Function' },
    ],
  });
  assert.deepEqual(await statuses(gateway, 1), [429]);
  put({ rateLimits: [{ requests: 7_200, ...HOUR, burst: 9_000, by: 'Client' }] });
  assert.deepEqual(await statuses(gateway, 1), [200]);
  put({});
  const { headers, status } = await ask(gateway.port);
  assert.deepEqual([status, headers['ratelimit-policy'], headers.ratelimit], [200, undefined, '"own";r=1']);
  assert.equal(gateway.functions.rateLimits.limiter.keys > 0, true);
});

test('limits that cannot be kept close the function, whatever stands there', async () => {
  await using gateway = await TestGateway.start();
  const fn = aFunction('hello', { rateLimits: [{ requests: 2, ...HOUR, by: 'Client' }] });
  const limit = { requests: 1, seconds: 1, by: 'Client' };
  const wrong = [
    null,
    {},
    'x',
    [null],
    [{}],
    [{ ...limit, requests: 0 }],
    [{ ...limit, by: 'client' }],
    [{ ...limit, header: 'a' }],
  ];
  for (const rateLimits of wrong) {
    gateway.putFunction({ ...fn, spec: { ...fn.spec, rateLimits: rateLimits as never } });
    const { status, headers } = await ask(gateway.port);
    assert.deepEqual([status, headers['x-catnap-error']], [403, 'PolicyInvalid'], JSON.stringify(rateLimits));
  }
});

test('a limit counts by callers and their claims where they are known, else by clients', () => {
  const facts = { clientAddress: '192.0.2.1', header: () => undefined } as unknown as RequestFacts;
  const caller: Caller = { way: 'jwt', name: 'ann', claims: { org: 'a', level: 3, list: ['x'] } };
  const rules = limitRules([
    { ...HOUR, requests: 1, by: 'Caller' },
    { ...HOUR, requests: 1, by: 'Claim', claim: 'org' },
    { ...HOUR, requests: 1, by: 'Claim', claim: 'toString' },
    { ...HOUR, requests: 1, by: 'Client' },
  ]);
  const [byCaller, byClaim, byNone, byClient] = rules.map(
    (rule) => (who?: Caller) => JSON.stringify(rule.keyOf(facts, who)),
  );
  assert.equal(byCaller?.(undefined), byClient?.(undefined));
  assert.notEqual(byCaller?.(caller), byClient?.(caller));
  assert.notEqual(byCaller?.(caller), byCaller?.({ ...caller, way: 'apiKeys' }));
  assert.equal(byClaim?.(caller), byClaim?.({ ...caller, name: 'bob' }));
  assert.notEqual(byClaim?.(caller), byClaim?.({ ...caller, claims: { org: 'b' } }));
  assert.equal(byClaim?.({ ...caller, claims: {} }), byCaller?.(caller));
  assert.equal(byNone?.(caller), byCaller?.(caller));
});

test('limits without a name are called by what they count by', () => {
  const by = (...all: [RateLimitSpec['by'], string?][]) =>
    limitRules(all.map(([one, name]) => ({ ...HOUR, requests: 1, by: one, name }))).map(({ name }) => name);
  assert.deepEqual(by(['Client'], ['Client'], ['Function']), ['client', 'client-2', 'function']);
  assert.deepEqual(by(['Client'], ['Client', 'client'], ['Client']), ['client-2', 'client', 'client-3']);
});
