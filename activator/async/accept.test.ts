/** What becomes of requests that are stored and delivered later, as their clients see it, with a dispatcher over real HTTP. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type DispatchedGateway, dispatchedGateway, nothingIsHeld } from '../testing/keeping-dispatcher.ts';
import { aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST } from '../testing/test-wire.ts';

const LATER = { method: 'POST', headers: { prefer: 'respond-async' } };
const optional = (given: object = {}) => aFunction('hello', { async: {}, ...given });
const always = (given: object = {}) => aFunction('hello', { async: { mode: 'Always' }, ...given });
const codeOf = ({ headers }: { headers: Record<string, unknown> }) => headers['x-catnap-error'];

/** Shows a replica that answers with what it got. */
async function addEcho({ gateway }: DispatchedGateway): Promise<void> {
  await gateway.addReplica('pod-a', 'hello-1', (req, res) => res.end(JSON.stringify(req.headers)));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
}

test('a request that prefers it is answered with 202 once the dispatcher has it, and wakes nothing', async () => {
  await using scene = await dispatchedGateway();
  const { gateway, dispatcher } = scene;
  gateway.putFunction(optional());
  const { status, headers, body } = await ask(gateway.port, { ...LATER, path: '/a?b=c', body: 'hello' });
  const [entry] = dispatcher.entries;
  assert.equal(status, 202);
  assert.deepEqual(JSON.parse(body), { id: entry?.head.id, status: 'waiting' });
  assert.equal(headers.location, `/.catnap/invocations/${entry?.head.id}`);
  assert.equal(headers['preference-applied'], 'respond-async');
  assert.ok(headers['x-request-id']);
  const { uid, namespace, name } = entry?.head ?? {};
  assert.deepEqual([uid, namespace, name], ['uid-of-hello', 'default', 'hello']);
  assert.deepEqual([entry?.request.method, entry?.request.path, entry?.body], ['POST', '/a?b=c', 'hello']);
  assert.equal(entry?.request.requestId, headers['x-request-id']);
  assert.deepEqual([gateway.scales.writes.length, gateway.traffic('hello').requests], [0, 0]);
  assert.deepEqual(dispatcher.tokens, ['Bearer the-token']);
  await nothingIsHeld(scene);
});

test('what is stored is what a replica would have got, without credentials and what is for the gateway', async () => {
  await using scene = await dispatchedGateway({ errorDetail: true });
  const key = 'k'.repeat(30);
  const access = [{ apiKeys: [{ name: 'me', sha256: hash('sha256', key) }] }];
  scene.gateway.putFunction(optional({ access }));
  const headers = {
    ...{ prefer: 'respond-async, return=minimal', authorization: 'Bearer secret', cookie: 'a=secret' },
    ...{ 'x-api-key': key, 'idempotency-key': 'abc', 'x-forwarded-for': '6.6.6.6', 'x-catnap-caller-name': 'root' },
    ...{ 'proxy-authorization': 'secret', connection: 'x-hop', 'x-hop': '1', te: 'trailers', 'content-type': 'text/x' },
    ...{ 'x-catnap-wait-ms': '9', 'x-request-id': 'mine', traceparent: 't' },
  };
  const answer = await ask(scene.gateway.port, { method: 'PUT', headers, body: 'x' });
  assert.equal(answer.status, 202, answer.body);
  const sent = scene.dispatcher.entries[0]?.request.headers ?? [];
  const names = sent.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const wanted = ['host', 'prefer', 'idempotency-key', 'content-type', 'traceparent', 'x-request-id'];
  wanted.push('content-length', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto');
  wanted.push('x-catnap-caller-name', 'x-catnap-caller-way');
  assert.deepEqual(names.toSorted(), wanted.toSorted());
  const value = (name: string) => sent[sent.findIndex((one, i) => i % 2 === 0 && one.toLowerCase() === name) + 1];
  assert.deepEqual(['x-forwarded-for', 'x-catnap-caller-name', 'prefer', 'host'].map(value), [
    '127.0.0.1',
    'me',
    'return=minimal',
    HOST,
  ]);
  assert.ok(!JSON.stringify(scene.dispatcher.entries).includes('secret'));
});

test('the location is below the address that the client used', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(
    always({ routes: [{ host: 'shop.example', pathPrefix: '/api/v1' }, { host: 'x.example' }] }),
  );
  const at = async (host: string, path: string) => {
    const { headers } = await ask(scene.gateway.port, { host, path });
    return headers.location?.replace(/[\da-f-]{36}$/, '<id>');
  };
  assert.equal(await at(HOST, '/a/b?c'), '/.catnap/invocations/<id>');
  assert.equal(await at('hello.default', '/x'), '/.catnap/invocations/<id>');
  assert.equal(await at('gateway.example', '/fn/default/hello?x'), '/fn/default/hello/.catnap/invocations/<id>');
  assert.equal(await at('gateway.example', '/fn/default/hello/a'), '/fn/default/hello/.catnap/invocations/<id>');
  assert.equal(await at('shop.example', '/api/v1/orders'), '/api/v1/.catnap/invocations/<id>');
  assert.equal(await at('shop.example', '/api/v1?x'), '/api/v1/.catnap/invocations/<id>');
  assert.equal(await at('x.example', '/orders'), '/.catnap/invocations/<id>');
});

test('with Always each request is stored, whatever its method, and no preference is said to be applied', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always());
  for (const method of ['GET', 'HEAD', 'DELETE', 'PROPFIND', 'OPTIONS', 'POST']) {
    const { status, headers, body } = await ask(scene.gateway.port, { method });
    assert.deepEqual([status, headers['preference-applied']], [202, undefined], method);
    assert.equal(body === '', method === 'HEAD');
  }
  assert.equal(scene.dispatcher.entries.length, 6);
});

test('without spec.async, with Never, and without the preference a request is served now, and keeps its preference', async () => {
  await using scene = await dispatchedGateway();
  const headers = { prefer: 'respond-async' };
  for (const fn of [aFunction('hello'), aFunction('hello', { async: { mode: 'Never' } })]) {
    scene.gateway.putFunction(fn);
    if (scene.gateway.backends.length === 0) await addEcho(scene);
    const { status, body } = await ask(scene.gateway.port, { headers });
    assert.deepEqual([status, JSON.parse(body).prefer], [200, 'respond-async']);
  }
  scene.gateway.putFunction(optional());
  for (const prefer of ['return=minimal', 'x="respond-async"', 'respond-async=no']) {
    assert.equal((await ask(scene.gateway.port, { headers: { prefer } })).status, 200);
  }
  assert.deepEqual(scene.dispatcher.entries, []);
});

test('where no dispatcher is installed Optional is served now, and Always is refused in words', async () => {
  await using scene = await dispatchedGateway({ dispatcher: undefined } as object);
  scene.gateway.putFunction(optional());
  await addEcho(scene);
  const { status, body } = await ask(scene.gateway.port, { headers: { prefer: 'respond-async' } });
  assert.deepEqual([status, JSON.parse(body).prefer], [200, 'respond-async']);
  scene.gateway.putFunction(always());
  const refused = await ask(scene.gateway.port, LATER);
  assert.deepEqual([refused.status, codeOf(refused), refused.headers['retry-after']], [503, 'AsyncUnavailable', '60']);
  assert.match(JSON.parse(refused.body).message, /no dispatcher is installed/);
});

test('a WebSocket is served now where it may be, and refused in words with Always', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always());
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', prefer: 'respond-async' };
  const refused = await ask(scene.gateway.port, { headers: upgrade });
  assert.deepEqual([refused.status, codeOf(refused)], [400, 'BadRequest']);
  assert.match(refused.body, /another protocol/);
  scene.gateway.putFunction(optional());
  await addEcho(scene);
  assert.equal((await ask(scene.gateway.port, { headers: upgrade })).status, 200);
  assert.deepEqual(scene.dispatcher.entries, []);
});

test('preflights are answered now, and browsers may read the 202 and what is said in its place', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always({ cors: { origins: ['https://app.example'] } }));
  const origin = 'https://app.example';
  const asks = { origin, 'access-control-request-method': 'POST' };
  const preflight = await ask(scene.gateway.port, { method: 'OPTIONS', headers: asks });
  assert.equal(preflight.headers['access-control-allow-origin'], origin);
  assert.deepEqual(scene.dispatcher.entries, []);
  const accepted = await ask(scene.gateway.port, { method: 'POST', headers: { origin } });
  assert.deepEqual([accepted.status, accepted.headers['access-control-allow-origin']], [202, origin]);
  scene.dispatcher.answerWith({ outcome: 'full', bound: 'function entries' });
  const full = await ask(scene.gateway.port, { method: 'POST', headers: { origin } });
  assert.deepEqual([full.status, full.headers['access-control-allow-origin']], [503, origin]);
});

test('a request that the policies refuse is not stored', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always({ denyFrom: ['127.0.0.0/8'] }));
  assert.equal((await ask(scene.gateway.port, LATER)).status, 403);
  assert.deepEqual(scene.dispatcher.entries, []);
});

test('one that was accepted before gets the same 202; another one with its key gets 422; a full function 503', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(optional());
  const id = '018bcfe5-6800-7abc-8def-0123456789ab';
  scene.dispatcher.answerWith({ outcome: 'exists', id, state: 'running' });
  const same = await ask(scene.gateway.port, LATER);
  assert.deepEqual([same.status, JSON.parse(same.body)], [202, { id, status: 'running' }]);
  assert.equal(same.headers.location, `/.catnap/invocations/${id}`);
  scene.dispatcher.answerWith({ outcome: 'conflict', id });
  const other = await ask(scene.gateway.port, LATER);
  assert.deepEqual([other.status, codeOf(other)], [422, 'IdempotencyKeyReused']);
  scene.dispatcher.answerWith({ outcome: 'full', bound: 'function bytes' });
  const full = await ask(scene.gateway.port, LATER);
  assert.deepEqual([full.status, codeOf(full), full.headers['retry-after']], [503, 'AsyncFull', '5']);
  await nothingIsHeld(scene);
});

test('a key travels as a digest with the caller, a time as a number; others than these are refused', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(optional());
  const send = (headers: object, body = 'x') =>
    ask(scene.gateway.port, { ...LATER, headers: { ...LATER.headers, ...headers }, body });
  await send({ 'idempotency-key': 'order-7' });
  await send({ 'idempotency-key': 'order-7' });
  await send({ 'idempotency-key': 'order-7' }, 'y');
  const [one, two, three] = scene.dispatcher.entries.map(({ head }) => head.dedup);
  assert.match(one?.key ?? '', /^[\da-f]{64}$/);
  assert.deepEqual(one, two);
  assert.deepEqual([three?.key, three?.fingerprint === one?.fingerprint], [one?.key, false]);
  const soon = new Date(Date.now() + 60_000).toISOString();
  await send({ 'catnap-not-before': soon });
  assert.equal(scene.dispatcher.entries.at(-1)?.head.notBeforeMs, Date.parse(soon));
  await send({ 'catnap-not-before': '2020-01-01T00:00:00Z' });
  assert.equal(scene.dispatcher.entries.at(-1)?.head.notBeforeMs, undefined);
  const count = scene.dispatcher.entries.length;
  const wrong = [{ 'idempotency-key': 'a b' }, { 'idempotency-key': 'x'.repeat(256) }];
  for (const headers of [...wrong, { 'catnap-not-before': 'soon' }, { 'catnap-not-before': '2999-01-01T00:00:00Z' }]) {
    const refused = await send(headers);
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'BadRequest'], JSON.stringify(headers));
  }
  assert.equal(scene.dispatcher.entries.length, count);
  await nothingIsHeld(scene);
});

test('it is counted as the function’s: accepted, how long that took, refused by code, and a line of the access log', async () => {
  await using scene = await dispatchedGateway();
  const { gateway, dispatcher } = scene;
  gateway.putFunction(always());
  await ask(gateway.port, { method: 'POST', body: 'hello' });
  dispatcher.answerWith({ outcome: 'exists', id: '018bcfe5-6800-7abc-8def-0123456789ab', state: 'done' });
  await ask(gateway.port, { method: 'POST' });
  dispatcher.answerWith({ outcome: 'full', bound: 'function entries' });
  await ask(gateway.port, { method: 'POST' });
  await until(() => gateway.logged.length === 3, 'they are logged');
  const { counters } = gateway.traffic('hello');
  assert.deepEqual(
    [counters?.stored?.accepted, counters?.stored?.existing, counters?.stored?.durable.count],
    [1, 1, 2],
  );
  assert.equal(counters?.failures.get('AsyncFull'), 1);
  const [line] = gateway.logged;
  assert.deepEqual([line?.function, line?.status, line?.bytesIn], ['default/hello', 202, 5]);
});
