import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorsSpec } from '#api/rules/cors-fault.ts';
import { amend } from './answer-fields.ts';
import { cors } from './cors.ts';

const APP = 'https://app.example.com';

function decide(spec: Partial<CorsSpec>, headers: Record<string, string>, method = 'GET') {
  const request = { method, header: (name: string) => headers[name] };
  return cors({ origins: [APP], ...spec }).decide(request as never, { caller: undefined });
}

/** What a page gets of an answer in which the function says `own`. */
function fields(spec: Partial<CorsSpec>, origin: string | undefined, own: string[] = []) {
  const decided = decide(spec, origin === undefined ? {} : { origin });
  assert.ok(typeof decided === 'object' && 'pass' in decided && decided.pass.answer);
  return amend(own, [decided.pass.answer]);
}

function preflight(spec: Partial<CorsSpec>, origin: string, asks: Record<string, string> = {}) {
  const headers = { origin, 'access-control-request-method': 'PUT', ...asks };
  const decided = decide(spec, headers, 'OPTIONS');
  assert.ok(typeof decided === 'object' && 'status' in decided && decided.status === 204);
  const { headers: flat } = decided;
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));
}

const isAllowed = (origins: string[], origin: string) =>
  fields({ origins }, origin).includes('access-control-allow-origin');

test('an origin is allowed that is listed, or below a domain that is', () => {
  const origins = [
    APP,
    'http://localhost:3000',
    'https://*.shop.example',
    'https://a.example:443',
    'http://*.b.example:80',
  ];
  for (const origin of [
    APP,
    'http://localhost:3000',
    'https://a.shop.example',
    'https://a.b.shop.example',
    'https://a.example',
    'http://x.b.example',
  ])
    assert.ok(isAllowed(origins, origin), origin);
  const strangers = [
    ...[
      'null',
      '',
      '*',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.example',
    ],
    ...['https://shop.example', 'https://.shop.example', 'https://evilshop.example', 'http://a.shop.example'],
    ...['https://evil.example/.shop.example', 'https://evil.example#.shop.example', 'https://a.shop.example:8443'],
    ...[
      'https://a@b.shop.example',
      'https://*.shop.example',
      'https://a..shop.example',
      `${APP}, ${APP}`,
      'HTTPS://APP.EXAMPLE.COM',
    ],
    ...['https://app.example.com/', 'https://xapp.example.com', 'http://localhost:30001', 'https://a.example:80'],
  ];
  assert.deepEqual(
    strangers.filter((origin) => isAllowed(origins, origin)),
    [],
  );
});

test("what the gateway says stands in the place of the function's, and Vary is merged", () => {
  const own = ['Access-Control-Allow-Origin', '*', 'vary', 'Accept', 'access-control-max-age', '1', 'x', 'y'];
  assert.deepEqual(fields({ credentials: true, exposedHeaders: ['X-A', 'X-B'] }, APP, own), [
    ...['vary', 'Accept', 'x', 'y', 'access-control-allow-origin', APP, 'access-control-allow-credentials', 'true'],
    ...['access-control-expose-headers', 'X-A, X-B', 'vary', 'Origin'],
  ]);
  assert.deepEqual(fields({}, 'https://evil.example', own), ['vary', 'Accept', 'x', 'y', 'vary', 'Origin']);
  assert.deepEqual(fields({}, undefined), ['vary', 'Origin']);
});

test('all origins are one answer for all', () => {
  assert.deepEqual(fields({ origins: ['*'] }, 'null'), ['access-control-allow-origin', '*']);
  assert.deepEqual(fields({ origins: ['*'] }, undefined), []);
});

test('a preflight is answered: with what is asked for where nothing is listed, else with the lists', () => {
  const asks = { 'access-control-request-headers': 'content-type,x-a' };
  assert.deepEqual(preflight({ maxAgeSeconds: 5, credentials: true }, APP, asks), {
    'access-control-allow-origin': APP,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-headers': 'content-type,x-a',
    'access-control-max-age': '5',
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  });
  const listed = preflight({ methods: ['GET', 'POST'], headers: ['X-A'] }, APP, asks);
  assert.deepEqual(
    [listed['access-control-allow-methods'], listed['access-control-allow-headers']],
    ['GET, POST', 'X-A'],
  );
});

test('what is asked for in an odd way is not repeated, and a stranger gets no more than that', () => {
  const odd = preflight({}, APP, {
    'access-control-request-method': 'get\r\nx: y',
    'access-control-request-headers': `x-a\r\nset-cookie: a=b`,
  });
  assert.deepEqual(Object.keys(odd), ['access-control-allow-origin', 'vary']);
  assert.deepEqual(Object.keys(preflight({}, 'https://evil.example')), ['vary']);
});

test('OPTIONS that is no preflight is for the function', () => {
  for (const headers of [{ origin: APP }, { 'access-control-request-method': 'PUT' }, {}])
    assert.ok('pass' in (decide({}, headers as Record<string, string>, 'OPTIONS') as object));
  assert.ok('pass' in (decide({}, { origin: APP, 'access-control-request-method': 'PUT' }, 'POST') as object));
});
