import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestHeaders, responseHeaders, rewriteLocation } from './forwarded-headers.ts';

const location = { endpoint: '127.1.0.1:8080', host: 'api.example', prefix: '/api/v1/namespaces/n/services/s/proxy' };

test('a request passes without what is of its connection and of the one who asks', () => {
  const rawHeaders = [
    'Host',
    'api.example',
    'Authorization',
    'Bearer x',
    'Impersonate-User',
    'root',
    'Connection',
    'close, X-Own',
  ];
  rawHeaders.push('X-Own', '1', 'TE', 'trailers', 'Upgrade', 'websocket', 'Cookie', 'a=1', 'Accept', 'text/plain');
  assert.deepEqual(requestHeaders({ rawHeaders, address: '10.0.0.9', path: '/p/' }), [
    ...['Host', 'api.example', 'Cookie', 'a=1', 'Accept', 'text/plain'],
    ...['X-Forwarded-For', '10.0.0.9', 'X-Forwarded-Uri', '/p/'],
  ]);
});

test('who has forwarded a request before is named before the client, and a body without a length stays one', () => {
  const rawHeaders = ['X-Forwarded-For', '192.0.2.1', 'Transfer-Encoding', 'chunked'];
  assert.deepEqual(requestHeaders({ rawHeaders, address: '10.0.0.9', path: '/' }), [
    ...['X-Forwarded-For', '192.0.2.1, 10.0.0.9', 'X-Forwarded-Uri', '/', 'Transfer-Encoding', 'chunked'],
  ]);
});

test('an answer passes without what is of its connection and what it says of other origins', () => {
  const rawHeaders = ['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'];
  rawHeaders.push('Access-Control-Allow-Origin', '*', 'Location', '/next');
  assert.deepEqual(responseHeaders({ rawHeaders, location }), [
    ...['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Location', `${location.prefix}/next`],
  ]);
});

test('a redirect within the service leads through the proxy, any other stays as it is', () => {
  const cases: [string, string][] = [
    ['/next?x=1#y', `${location.prefix}/next?x=1#y`],
    ['/', `${location.prefix}/`],
    ['http://127.1.0.1:8080/next', `${location.prefix}/next`],
    ['http://api.example/next', `http://api.example${location.prefix}/next`],
    [`${location.prefix}/next`, `${location.prefix}/next`],
    ['next', 'next'],
    ['?page=2', '?page=2'],
    ['https://elsewhere.example/next', 'https://elsewhere.example/next'],
    ['//elsewhere.example/next', '//elsewhere.example/next'],
    ['', ''],
  ];
  for (const [given, wanted] of cases) assert.equal(rewriteLocation(given, location), wanted, given);
});
