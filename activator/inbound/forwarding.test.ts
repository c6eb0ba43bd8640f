import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestHeaders } from '../proxy/headers.ts';
import type { Client } from './forwarding.ts';
import { trustedProxies } from './trusted-proxies.ts';

const proxies = trustedProxies(['10.0.0.0/8', 'fd00::/8']);
const PEER: Client = { address: '10.0.0.5', protocol: 'http', host: 'gate.example', proxies };

/** What a replica gets after a trusted proxy said `lines`, each `Name: value`. */
function sentOn(lines: readonly string[], client: Client = PEER) {
  const raw = lines.flatMap((line) => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  });
  const { headers, clientAddress } = requestHeaders(raw, client);
  const values: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    values[name] = name in values ? `${values[name]} | ${headers[i + 1]}` : (headers[i + 1] as string);
  }
  const of = (name: string) => values[name];
  return {
    clientAddress,
    for: of('x-forwarded-for'),
    proto: of('x-forwarded-proto'),
    host: of('x-forwarded-host'),
    forwarded: of('forwarded'),
    of,
  };
}

test('a trusted proxy that says nothing is itself who asks', () => {
  const { forwarded, for: list, clientAddress } = sentOn([]);
  assert.equal(list, '10.0.0.5');
  assert.equal(forwarded, 'for=10.0.0.5;host="gate.example";proto=http');
  assert.equal(clientAddress, '10.0.0.5');
});

test('X-Forwarded-* of a trusted proxy are continued, and Forwarded says the same', () => {
  const said = sentOn([
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: shop.example',
    'X-Forwarded-Port: 443',
    'X-Forwarded-Prefix: /shop',
  ]);
  assert.equal(said.for, '203.0.113.9, 10.0.0.5');
  assert.equal(said.proto, 'https');
  assert.equal(said.host, 'shop.example');
  assert.equal(said.forwarded, 'for=203.0.113.9;host="shop.example";proto=https, for=10.0.0.5');
  assert.equal(said.of('x-forwarded-port'), '443');
  assert.equal(said.of('x-forwarded-prefix'), '/shop');
  assert.equal(said.of('x-real-ip'), '203.0.113.9');
  assert.equal(said.clientAddress, '203.0.113.9');
});

test('Forwarded of a trusted proxy is continued, and X-Forwarded-* say the same', () => {
  const said = sentOn([
    'Forwarded: For="[2001:DB8::1]:4711";Proto=HTTPS;host="shop.example:8443";ext="a\\"b,c"',
    'Forwarded: for=10.0.0.9',
  ]);
  assert.equal(said.for, '2001:db8::1, 10.0.0.9, 10.0.0.5'.replace('2001:db8::1', '[2001:DB8::1]:4711'));
  assert.equal(said.proto, 'https');
  assert.equal(said.host, 'shop.example:8443');
  assert.equal(
    said.forwarded,
    'for="[2001:db8::1]:4711";proto=HTTPS;host="shop.example:8443";ext="a\\"b,c", for=10.0.0.9, for=10.0.0.5',
  );
  assert.equal(said.clientAddress, '2001:db8::1');
});

test('where the two contradict each other, X-Forwarded-For counts: what a proxy does not know passes through it from anybody', () => {
  const said = sentOn(['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=198.51.100.1;host=evil.example;proto=https']);
  assert.equal(said.for, '203.0.113.9, 10.0.0.5');
  assert.equal(said.proto, 'http');
  assert.equal(said.host, 'gate.example');
  assert.equal(said.forwarded, 'for=203.0.113.9;host="gate.example";proto=http, for=10.0.0.5');
  const other = sentOn([
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-Proto: https',
    'Forwarded: for=203.0.113.9;proto=http',
  ]);
  assert.equal(other.forwarded, 'for=203.0.113.9;host="gate.example";proto=https, for=10.0.0.5');
});

test('where they agree, Forwarded stays as it was', () => {
  const said = sentOn([
    'X-Forwarded-For: 203.0.113.9:80',
    'X-Forwarded-Proto: https',
    'Forwarded: for=203.0.113.9;by=_edge;proto=https',
  ]);
  assert.equal(said.forwarded, 'for=203.0.113.9;by=_edge;proto=https, for=10.0.0.5');
});

test('the client is the nearest that no trusted proxy has, not the first of the list, which it may have written itself', () => {
  const said = sentOn([
    'X-Forwarded-For: 1.1.1.1',
    'X-Forwarded-For: 203.0.113.9, 10.9.9.9,fd00::7',
    'X-Forwarded-Proto: https',
  ]);
  assert.equal(said.clientAddress, '203.0.113.9');
  assert.equal(said.for, '1.1.1.1, 203.0.113.9, 10.9.9.9, fd00::7, 10.0.0.5');
  assert.equal(
    said.forwarded,
    'for=1.1.1.1, for=203.0.113.9;host="gate.example";proto=https, for=10.9.9.9, for="[fd00::7]", for=10.0.0.5',
  );
  assert.equal(sentOn(['X-Forwarded-For: 10.1.1.1, 10.2.2.2']).clientAddress, '10.1.1.1');
});

test('of several protocols or hosts the last counts, which the nearest proxy wrote', () => {
  const said = sentOn([
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: a, b.example',
  ]);
  assert.equal(said.proto, 'http');
  assert.equal(said.host, 'b.example');
});

test('a proxy of WebSockets may say wss', () => {
  assert.equal(sentOn(['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: wss']).proto, 'https');
  assert.equal(sentOn(['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: ws']).proto, 'http');
});

test('addresses may have ports, brackets, quotes and zones, or be IPv4 within IPv6', () => {
  const clientOf = (text: string) => sentOn([`X-Forwarded-For: ${text}`]).clientAddress;
  assert.equal(clientOf('203.0.113.9:4711'), '203.0.113.9');
  assert.equal(clientOf('[2001:db8::1]:443'), '2001:db8::1');
  assert.equal(clientOf('"[2001:db8::1]"'), '2001:db8::1');
  assert.equal(clientOf('2001:db8::1'), '2001:db8::1');
  assert.equal(clientOf('fe80::1%eth0'), 'fe80::1');
  assert.equal(clientOf('203.0.113.9, ::ffff:10.1.2.3'), '203.0.113.9');
  assert.match(sentOn(['X-Forwarded-For: 203.0.113.9:4711']).forwarded ?? '', /^for="203\.0\.113\.9:4711";/);
  assert.match(sentOn(['X-Forwarded-For: 2001:db8::1']).forwarded ?? '', /^for="\[2001:db8::1\]";/);
});

test('a hop that does not say who it is ends what is known: the client is not known, and is not the proxy before it', () => {
  const said = sentOn(['X-Forwarded-For: 203.0.113.9, unknown, 10.1.1.1']);
  assert.equal(said.clientAddress, 'unknown');
  assert.equal(said.of('x-real-ip'), '10.1.1.1');
  assert.equal(said.for, '203.0.113.9, unknown, 10.1.1.1, 10.0.0.5');
  const hidden = sentOn(['Forwarded: for=_hidden;proto=https']);
  assert.equal(hidden.clientAddress, 'unknown');
  assert.equal(hidden.for, '_hidden, 10.0.0.5');
  assert.equal(hidden.proto, 'https');
  assert.equal(hidden.forwarded, 'for=_hidden;proto=https, for=10.0.0.5');
});

test('what is no address, protocol, host or port is not passed on', () => {
  const said = sentOn([
    'X-Forwarded-For: <script>, a"b;for=1.1.1.1',
    'X-Forwarded-Proto: javascript',
    'X-Forwarded-Host: a"b;proto=https',
    'X-Forwarded-Port: 80a',
    'X-Real-IP: x',
  ]);
  assert.equal(said.for, 'unknown, unknown, 10.0.0.5');
  assert.equal(said.proto, 'http');
  assert.equal(said.host, 'gate.example');
  assert.equal(said.of('x-forwarded-port'), undefined);
  assert.equal(said.of('x-real-ip'), '10.0.0.5');
  for (const proto of ['constructor', '__proto__', ''])
    assert.equal(sentOn([`X-Forwarded-Proto: ${proto}`]).proto, 'http');
});

test('a Forwarded that is none is left out', () => {
  for (const bad of [
    'for="',
    'for="a\\',
    'for',
    'for=a;for=b',
    '=',
    'for=a b',
    'for=1.1.1.1, "',
    `for=${'a'.repeat(9_000)}`,
    '\xff=1',
  ]) {
    const said = sentOn([`Forwarded: ${bad}`]);
    assert.equal(said.forwarded, 'for=10.0.0.5;host="gate.example";proto=http', bad);
    assert.equal(said.for, '10.0.0.5', bad);
  }
  assert.equal(sentOn(['Forwarded: ,, for=203.0.113.9 ,;,']).for, '203.0.113.9, 10.0.0.5');
});

test('a long list is cut to its nearest', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `203.0.${i >> 8}.${i & 255}`).join(', ');
  const said = sentOn([`X-Forwarded-For: ${many}`]);
  assert.equal(said.for?.split(', ').length, 33);
  assert.ok(said.for?.endsWith('203.0.19.135, 10.0.0.5'));
  assert.equal(sentOn([`X-Forwarded-For: ${'1'.repeat(60_000)}`]).for, '10.0.0.5');
});

test('one that names the client in X-Real-IP alone is understood', () => {
  const said = sentOn(['X-Real-IP: 203.0.113.9', 'X-Forwarded-Proto: https']);
  assert.equal(said.for, '203.0.113.9, 10.0.0.5');
  assert.equal(said.of('x-real-ip'), '203.0.113.9');
  assert.equal(said.forwarded, 'for=203.0.113.9;host="gate.example";proto=https, for=10.0.0.5');
});

test('a protocol without a way is what is said of the proxy itself', () => {
  assert.equal(sentOn(['X-Forwarded-Proto: https']).forwarded, 'for=10.0.0.5;host="gate.example";proto=https');
});
