import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionOfPath, isWanted, type LogQuery, parseLogQuery } from './log-query.ts';

test('a path names a function, and none that leads elsewhere', () => {
  assert.deepEqual(functionOfPath('/v1/namespaces/shop/functions/orders/logs'), { namespace: 'shop', name: 'orders' });
  for (const path of [
    '/',
    '/v1/namespaces/shop/functions/../logs',
    '/v1/namespaces/../functions/orders/logs',
    '/v1/namespaces/shop/functions/%2e%2e/logs',
    '/v1/namespaces/shop/functions/a%2Fb/logs',
    '/v1/namespaces/shop/functions/a.b/logs',
    '/v1/namespaces//functions/orders/logs',
    '/v1/namespaces/shop/functions/orders/logs/',
    '/v1/namespaces/shop/functions/orders\0/logs',
    `/v1/namespaces/shop/functions/${'a'.repeat(64)}/logs`,
  ])
    assert.equal(functionOfPath(path), undefined, path);
});

test('moments are compared as lines have theirs, whatever their zone', () => {
  const query = parseLogQuery(
    'since=2026-01-02T03:04:05%2B01:00&until=2026-01-02T03:04:05.5Z&limit=7&follow=true',
  ) as LogQuery;
  assert.equal(query.since, '2026-01-02T02:04:05.000000000Z');
  assert.equal(query.until, '2026-01-02T03:04:05.500000000Z');
  assert.deepEqual([query.limit, query.follow], [7, true]);
});

test('what cannot be understood is said', () => {
  for (const search of [
    'since=yesterday',
    'since=2026-99-99T00:00:00Z',
    'limit=-1',
    'limit=1e9',
    'follow=maybe',
    'sinc=1',
    `request=${'x'.repeat(300)}`,
  ])
    assert.ok('mistake' in parseLogQuery(search), search);
});

test('the lines of a request are those that have its id', () => {
  const query = parseLogQuery('request=id-1') as LogQuery;
  const wanted = (text: string) => isWanted(query, { time: '2026-01-02T03:04:05.000000000Z', text });
  assert.equal(wanted('{"msg":"x","requestId":"id-1"}'), true);
  assert.equal(wanted('{"msg":"after id-1","requestId":"id-2"}'), false);
  assert.equal(wanted('GET / id-1 200'), true);
  assert.equal(wanted('{"msg":"x","requestId":"id-12"}'), false);
  assert.equal(wanted('null'), false);
});
