import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../inbound/forwarding.ts';
import { requestHeaders, responseHeaders, trailers } from './headers.ts';

const client: Client = { address: '192.0.2.7', protocol: 'http', host: 'hello.default.fn.example:8080' };
const sent = (...raw: string[]) => {
  const flat = requestHeaders(raw, client).headers;
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] as string, flat[i + 1] as string]);
  return pairs;
};
const valuesOf = (pairs: [string, string][], name: string) =>
  pairs.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

test('end-to-end headers keep order, spelling and repetition', () => {
  const pairs = sent('X-One', '1', 'Cookie', 'a=1', 'x-one', '2');
  assert.deepEqual(pairs.slice(1, 4), [
    ['X-One', '1'],
    ['Cookie', 'a=1'],
    ['x-one', '2'],
  ]);
});

test('hop-by-hop headers stay here, those that Connection names too', () => {
  const pairs = sent(
    ...['Connection', 'X-Mine, keep-alive', 'X-Mine', 'secret', 'Keep-Alive', 'timeout=5', 'TE', 'gzip'],
    ...['Upgrade', 'h2c', 'Proxy-Authorization', 'x', 'Transfer-Encoding', 'chunked', 'Expect', '100-continue'],
    ...['Accept', '*/*'],
  );
  assert.deepEqual(
    pairs.map(([name]) => name.toLowerCase()).filter((name) => !name.includes('forwarded')),
    ['host', 'accept'],
  );
});

test('the replica gets one Host: the one that the request was routed by', () => {
  const pairs = sent('Host', 'a.example', 'Accept', '*/*', 'Host', 'b.example');
  assert.deepEqual(valuesOf(pairs, 'host'), [client.host]);
});

test('Connection cannot take away what frames or addresses the message', () => {
  const pairs = sent('Connection', 'Host, Content-Length', 'Host', 'a.example', 'Content-Length', '3');
  assert.deepEqual(valuesOf(pairs, 'host'), [client.host]);
  assert.deepEqual(valuesOf(pairs, 'content-length'), ['3']);
});

test('nothing of Catnap’s own comes in from outside', () => {
  const pairs = sent('X-Catnap-Not-Started', '1', 'x-catnap-anything', '1');
  assert.ok(pairs.every(([name]) => !name.toLowerCase().startsWith('x-catnap-')));
});

test('delivery headers at the public port do nothing, however they are spelled', () => {
  const names = ['Catnap-Invocation-Id', 'catnap_invocation_id', 'CATNAP-INVOCATION_ID', 'catnap-attempt'];
  names.push('Catnap_Attempt', 'X-Catnap-Timeout-Ms', 'x_catnap_timeout_ms');
  const fields = names.flatMap((name) => [name, '1']);
  const pairs = sent(...fields, 'Catnap-Not-Before', '2030-01-01T00:00:00Z');
  assert.deepEqual(pairs.slice(1), [['Catnap-Not-Before', '2030-01-01T00:00:00Z'], ...sent().slice(1)]);
  assert.deepEqual(trailers(fields), []);
});

test('says who asked, and for what', () => {
  const pairs = sent();
  assert.deepEqual(valuesOf(pairs, 'x-forwarded-for'), ['192.0.2.7']);
  assert.deepEqual(valuesOf(pairs, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(valuesOf(pairs, 'x-forwarded-host'), ['hello.default.fn.example:8080']);
  assert.deepEqual(valuesOf(pairs, 'forwarded'), ['for=192.0.2.7;host="hello.default.fn.example:8080";proto=http']);
});

test('who forwards is not believed unless it is a trusted proxy: no header of that kind passes, however it is spelled', () => {
  const pairs = sent(
    ...[
      'X-Forwarded-For',
      '198.51.100.1',
      'x-forwarded-for',
      '198.51.100.2',
      'Forwarded',
      'for=198.51.100.1;proto=https',
    ],
    ...[
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'evil.example',
      'X-Forwarded-Port',
      '443',
      'X-Real-IP',
      '198.51.100.3',
    ],
    ...['X-Forwarded-Prefix', '/evil', 'X-Forwarded-User', 'admin', 'X-FORWARDED', '1', 'X_Forwarded_Proto', 'https'],
    ...['x_real_ip', '198.51.100.3', 'X-Real_IP', '198.51.100.3', 'X-Forwarding', 'mine'],
  );
  assert.deepEqual(pairs.slice(1), [['X-Forwarding', 'mine'], ...sent().slice(1)]);
});

test('a replica learns that the client reads trailers, and of no other coding', () => {
  assert.deepEqual(valuesOf(sent('TE', 'gzip;q=1, Trailers'), 'te'), ['trailers']);
  assert.deepEqual(valuesOf(sent('TE', 'gzip'), 'te'), []);
  assert.deepEqual(valuesOf(sent('Trailer', 'X-Sum'), 'trailer'), ['X-Sum']);
});

test('an IPv6 address is quoted where the grammar wants it', () => {
  const { headers } = requestHeaders([], { ...client, address: '2001:db8::1' });
  assert.match(headers.join(' '), /for="\[2001:db8::1\]"/);
});

test('knows whether a body follows', () => {
  const hasBody = (...raw: string[]) => requestHeaders(raw, client).hasBody;
  assert.equal(hasBody('Host', 'a'), false);
  assert.equal(hasBody('Content-Length', '0'), false);
  assert.equal(hasBody('content-length', '12'), true);
  assert.equal(hasBody('Transfer-Encoding', 'chunked'), true);
});

test('a client’s request id is kept when it is fit to be logged', () => {
  const idOf = (...values: string[]) =>
    requestHeaders(
      values.flatMap((value) => ['X-Request-Id', value]),
      client,
    ).requestId;
  assert.equal(idOf('abc-123'), 'abc-123');
  assert.equal(idOf('a b'), undefined);
  assert.equal(idOf(''), undefined);
  assert.equal(idOf('x'.repeat(129)), undefined);
  assert.equal(idOf('one', 'two'), undefined);
});

test('an answer keeps its end-to-end headers and all values of each', () => {
  const flat = responseHeaders(
    ['content-type', 'text/plain', 'set-cookie', 'a=1', 'set-cookie', 'b=2', 'connection', 'close'],
    200,
    true,
  );
  assert.deepEqual(flat, ['content-type', 'text/plain', 'set-cookie', 'a=1', 'set-cookie', 'b=2']);
});

test('an answer does not pass on hop-by-hop headers nor what the gateway says itself', () => {
  const flat = responseHeaders(
    [
      ...['Connection', 'x-hop, keep-alive', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked'],
      ...['X-Request-Id', 'theirs', 'x-catnap-cold-start', 'maybe', 'x-catnap-not-started', '1'],
      ...['x-catnap-error', 'HandlerFailed'],
    ],
    200,
    true,
  );
  assert.deepEqual(flat, ['x-catnap-error', 'HandlerFailed']);
});

test('trailers are announced with an answer in chunks alone, and no body where there is none', () => {
  const announced = ['Trailer', 'x-sum', 'trailer', 'x-more'];
  assert.deepEqual(responseHeaders(announced, 200, true), ['trailer', 'x-sum, x-more']);
  for (const status of [101, 204, 304]) assert.deepEqual(responseHeaders(announced, status, true), []);
  assert.deepEqual(responseHeaders(announced, 200, false), []);
  const length = ['content-length', '3'];
  assert.deepEqual(responseHeaders([...announced, ...length], 200, true), length);
  assert.deepEqual(responseHeaders([...length, ...announced], 304, true), length);
  assert.deepEqual(responseHeaders(length, 204, true), []);
});

test('what had to be known before a body cannot come after it', () => {
  const flat = [
    'X-Sum',
    '42',
    'X-Forwarded-User',
    'admin',
    'x-real-ip',
    '192.0.2.1',
    'Forwarded',
    'for=_a',
    'Content-Length',
    '3',
    'host',
    'b',
    'X-Catnap-Full',
    '1',
    'Set-Cookie',
    'a=1',
  ];
  assert.deepEqual(trailers(flat), ['X-Sum', '42']);
});
