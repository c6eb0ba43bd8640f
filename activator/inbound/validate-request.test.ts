import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, targetOf } from './validate-request.ts';

const asked = (parts: { method?: string; url?: string; minor?: number; headers?: Record<string, string> } = {}) => {
  const { method = 'GET', url = '/', minor = 1, headers = { host: 'a.example' } } = parts;
  return {
    method,
    url,
    httpVersionMajor: 1,
    httpVersionMinor: minor,
    headers,
    rawHeaders: Object.entries(headers).flat(),
  };
};
const withHost = (host: string) => faultOf(asked({ headers: { host } }));

test('a host is a name or an address, with or without a port', () => {
  const good = [
    'a',
    'a.example',
    'A-b_c.example.',
    'a.example:8080',
    'a.example:',
    '192.0.2.1',
    '[::1]',
    '[2001:db8::1]:80',
  ];
  const wrong = ['', ':80', 'a b', 'a/b', 'a:b', '::1', '[]', '[a', 'a@b', 'a:123456', 'é'];
  assert.deepEqual(
    [...good, ...wrong].filter((host) => withHost(host) === undefined),
    good,
  );
});

test('HTTP/1.0 may leave the host out, and has no chunks', () => {
  assert.equal(faultOf(asked({ minor: 0, headers: {} })), undefined);
  assert.equal(faultOf(asked({ headers: {} }))?.code, 'BadRequest');
  assert.equal(faultOf(asked({ minor: 0, headers: { 'transfer-encoding': 'chunked' } }))?.code, 'BadRequest');
});

test('a length that two readers could round differently is none', () => {
  const ofLength = (length: string) => faultOf(asked({ headers: { host: 'a', 'content-length': length } }))?.code;
  for (const good of ['0', '007', '9007199254740991']) assert.equal(ofLength(good), undefined);
  for (const bad of ['9007199254740992', '18446744073709551615']) assert.equal(ofLength(bad), 'BadRequest');
});

test('the target’s own host goes before the Host header; its path stays as it is written', () => {
  const target = (url: string) => targetOf(asked({ url }));
  assert.deepEqual(target('/a/../b?c'), { host: 'a.example', path: '/a/../b?c' });
  assert.deepEqual(target('http://b.example:80/a/../%7e?c'), { host: 'b.example:80', path: '/a/../%7e?c' });
  assert.deepEqual(target('HTTPS://b.example?c'), { host: 'b.example', path: '/?c' });
  assert.deepEqual(target('http://b.example'), { host: 'b.example', path: '/' });
  assert.equal(target('http://me@b.example/'), undefined);
  assert.equal(target('ftp://b.example/'), undefined);
});

test('what HTTP has but a gateway does not do has another code than what is no request', () => {
  const host = 'a.example';
  assert.equal(faultOf(asked({ method: 'TRACE' }))?.code, 'MethodNotAllowed');
  assert.equal(faultOf(asked({ headers: { host, 'transfer-encoding': 'gzip, chunked' } }))?.code, 'NotSupported');
  assert.equal(faultOf(asked({ headers: { host, expect: 'cake' } }))?.code, 'ExpectationFailed');
  assert.equal(
    faultOf(asked({ headers: { host, 'transfer-encoding': 'Chunked', expect: '100-Continue' } })),
    undefined,
  );
});

test('Connection may name what is for this hop alone', () => {
  const named = (connection: string) => faultOf(asked({ headers: { host: 'a.example', connection } }))?.code;
  assert.equal(named('Upgrade, HTTP2-Settings, X-Mine, close'), undefined);
  assert.equal(named('close, Authorization'), 'BadRequest');
});
