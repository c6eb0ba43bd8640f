import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInvocationId } from '#api/rules/invocation-id.ts';
import { askedOf, isChange } from './asked.ts';

const OF = '/v1/namespaces/shop/functions/orders/invocations';
const ID = '0198c0de-0000-7000-8000-000000000001';
const named = { namespace: 'shop', name: 'orders' };
const status = (method: string, url: string) => {
  const asked = askedOf(method, url);
  return 'mistake' in asked ? asked.status : 200;
};

test('each address asks for one thing', () => {
  assert.deepEqual(askedOf('GET', OF), { ...named, what: 'list', limit: 50, state: 'all', cursor: undefined });
  assert.deepEqual(askedOf('GET', `${OF}?state=buried&limit=7&cursor=MTp1`), {
    ...named,
    what: 'list',
    limit: 7,
    state: 'buried',
    cursor: 'MTp1',
  });
  assert.deepEqual(askedOf('GET', `${OF}/${ID}`), { ...named, what: 'show', id: ID });
  assert.deepEqual(askedOf('DELETE', `${OF}/${ID}`), { ...named, what: 'remove', id: ID });
  assert.deepEqual(askedOf('POST', `${OF}/${ID}/retry`), { ...named, what: 'retry', id: ID });
  const all = { ...named, state: 'buried', cursor: undefined };
  assert.deepEqual(askedOf('POST', `${OF}/retry?state=buried`), { ...all, what: 'retryAll' });
  assert.deepEqual(askedOf('POST', `${OF}/purge?state=buried`), { ...all, what: 'purge' });
});

test('a page has 200 entries at most', () => {
  const asked = askedOf('GET', `${OF}?limit=100000`);
  assert.equal('limit' in asked && asked.limit, 200);
});

test('to read takes another right than to change', () => {
  const changes = (method: string, path: string) => {
    const asked = askedOf(method, OF + path);
    return 'what' in asked && isChange(asked);
  };
  assert.ok(!changes('GET', '') && !changes('GET', `/${ID}`));
  assert.ok(changes('DELETE', `/${ID}`) && changes('POST', `/${ID}/retry`));
  assert.ok(changes('POST', '/retry?state=buried') && changes('POST', '/purge?state=all'));
});

test('what is left out at a change is not taken for all', () => {
  assert.equal(status('POST', `${OF}/purge`), 400);
  assert.equal(status('POST', `${OF}/retry`), 400);
  assert.equal(status('POST', `${OF}/retry?state=all`), 400);
  assert.equal(status('POST', `${OF}/purge?state=`), 400);
  assert.equal(status('POST', `${OF}/purge?state=done&staet=x`), 400);
  assert.equal(status('POST', `${OF}/purge?state=done?cursor=x`), 400);
});

test('other methods are told which is right', () => {
  for (const [method, path] of [
    ['POST', ''],
    ['DELETE', ''],
    ['PUT', `/${ID}`],
    ['HEAD', `/${ID}`],
    ['GET', `/${ID}/retry`],
    ['GET', '/purge?state=all'],
  ] as const)
    assert.equal(status(method, OF + path), 405, `${method} ${path}`);
});

test('what a Trigger began is asked for by its id, slashes and all, encoded or not', () => {
  for (const id of ['shop/nightly@2026-03-29T01:00:00Z', 'shop/nightly@run-1', ID]) {
    for (const written of [id, encodeURIComponent(id), id.replace('@', '%40')]) {
      assert.deepEqual(askedOf('GET', `${OF}/${written}`), { ...named, what: 'show', id });
      assert.deepEqual(askedOf('POST', `${OF}/${written}/retry`), { ...named, what: 'retry', id });
    }
  }
});

test('what is no name, no id, no state, no number, no cursor comes to nothing', () => {
  for (const url of [
    '/',
    '',
    '*',
    '/metrics',
    `${OF}/`,
    `${OF}/${ID}/`,
    `${OF}/${ID.toUpperCase()}`,
    `${OF}/${ID}%2fretry`,
    `${OF}/${ID}%`,
    `${OF}/shop/nightly`,
    `${OF}/shop/..@run-1`,
    `${OF}/../invocations`,
    '/v1/namespaces/shop/functions/..%2forders/invocations',
    '/v1/namespaces/Shop/functions/orders/invocations',
    `/v1/namespaces/shop/functions/${'a'.repeat(64)}/invocations`,
    `http://elsewhere${OF}`,
  ])
    assert.equal(status('GET', url), 404, url);
  for (const search of [
    'state=leased',
    'state=constructor',
    'limit=0',
    'limit=-1',
    'limit=1e3',
    'limit=NaN',
    'cursor=',
    'cursor=%00',
    `cursor=${'a'.repeat(257)}`,
    'x=1',
  ])
    assert.equal(status('GET', `${OF}?${search}`), 400, search);
  assert.equal(status('GET', `${OF}/${ID}?state=all`), 400);
});

test('whatever comes is asked for or refused, and names nothing but names and ids', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('shop', 'orders', 'retry', 'purge', ID, 'nightly@run-1', '%40', '..', '%2e', '', '__proto__'),
  );
  const url = fc
    .tuple(fc.array(word, { maxLength: 9 }), fc.string())
    .map(([words, query]) => `${words.join('/')}?${query}`);
  const below = fc
    .tuple(word, word, fc.array(word, { maxLength: 3 }), fc.constantFrom('', '?state=all', '?limit=1'))
    .map(
      ([namespace, name, rest, query]) =>
        `/v1/namespaces/${namespace}/functions/${name}/${['invocations', ...rest].join('/')}${query}`,
    );
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', ''), fc.oneof(url, below), (method, each) => {
      const asked = askedOf(method, each);
      if ('mistake' in asked) return;
      assert.match(`${asked.namespace}/${asked.name}`, /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/);
      if ('id' in asked) assert.ok(isInvocationId(asked.id), asked.id);
    }),
    { numRuns: 2_000 },
  );
});
