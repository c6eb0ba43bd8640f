import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefixMistake, routeKey, routePrefix } from './route.ts';

test('a slash at the end makes no other prefix, and none at all is /', () => {
  assert.deepEqual(['/a', '/a/', '/', undefined, '//'].map(routePrefix), ['/a', '/a', '/', '/', '/']);
  assert.equal(
    routeKey({ host: 'API.example.org', pathPrefix: '/a/' }),
    routeKey({ host: 'api.example.org', pathPrefix: '/a' }),
  );
  assert.notEqual(routeKey({ host: 'a.b', pathPrefix: '/A' }), routeKey({ host: 'a.b', pathPrefix: '/a' }));
});

for (const prefix of [
  '/fn',
  '/fn/',
  '/fn/a/b',
  '/FN/a',
  '/f%6e/a',
  '/%66n/a',
  '/%46%4E',
  '//fn/a',
  '/./fn/a',
  '/x/../fn/a',
  '/%2e/fn',
  '/x/%2e%2E/fn',
  '/..%2ffn',
  '/x%5c..%5Cfn',
  '/fn;v=1/a',
  '/.catnap',
  '/.catnap/ready',
  '/.CatNap/x',
  '/%2ecatnap/x',
  '/.c%61tnap',
  '/a/../.catnap/',
  '/a//b',
  '/a/.',
  '/a/..;x/b',
  '/a%',
  '/a%4',
  '/a%zz',
  '/a%2',
]) {
  test(`no prefix is ${prefix}`, () => assert.notEqual(prefixMistake(prefix), undefined));
}

for (const prefix of [
  '/',
  '/a',
  '/a/b/',
  '/fnord',
  '/my/fn',
  '/catnap',
  '/a/.catnap',
  '/...',
  '/a.b/.well-known',
  '/caf%C3%A9',
  '/a%20b',
  '/a;v=1',
  '/a+b@c:d=e',
]) {
  test(`${prefix} may be a prefix`, () => assert.equal(prefixMistake(prefix), undefined));
}

test('a thousand slashes take no time', () => {
  const prefix = `/${'/'.repeat(1_000)}a`;
  const beganMs = performance.now();
  for (let i = 0; i < 10_000; i += 1) {
    routePrefix(prefix);
    assert.notEqual(prefixMistake(prefix), undefined);
    routePrefix('/'.repeat(1_000));
  }
  assert.ok(performance.now() - beganMs < 2_000);
});
