import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicPaths } from './public-paths.ts';

const way = publicPaths(['/public', '/assets/v1/']);
const isPublic = (path: string, of = way) => !('denied' in of.judge({ path } as never));

test('a prefix is equal to the path or above it, by whole segments, whatever the query', () => {
  for (const path of [
    '/public',
    '/public/',
    '/public/a',
    '/public?x=/../',
    '/public/a.b/..c',
    '/assets/v1',
    '/assets/v1/x',
  ])
    assert.ok(isPublic(path), path);
  for (const path of [
    '/',
    '',
    '/publi',
    '/publicity',
    '/public.html',
    '/a/public',
    '/assets',
    '/assets/v10',
    '/PUBLIC',
    '/Public/a',
  ])
    assert.ok(!isPublic(path), path);
});

test('escapes behind the prefix leave no doubt', () => {
  for (const path of ['/public/a%20b', '/public/100%25', '/public/%C3%BCber', '/public/a%3fb', '/public/%61'])
    assert.ok(isPublic(path), path);
});

const HOSTILE = [
  ...['/public/../admin', '/public/./x', '/public/..', '/public/.', '/public/../public/x', '/../public', '/./public'],
  ...['/public/%2e%2e/admin', '/public/%2E%2E/admin', '/public/.%2e/admin', '/public/%2e/x', '/%2e/public'],
  ...['/public/%252e%252e/admin', '/public/%25%32%65/x', '/public/%%32%65', '/public%252fadmin'],
  ...['//public', '/public//admin', '/public//', '///public', '//evil/public', '/public/a//../b'],
  ...['/public;x', '/public;/../admin', '/public/..;/admin', '/public/a;b=c', '/public%3b/..', '/public/%3b'],
  ...['/public\\..\\admin', '/public/..\\admin', '/public%5c..%5cadmin', '/public/%5Cx', '\\public'],
  ...['/public%2f..%2fadmin', '/public/..%2fadmin', '/public%2Fx', '/x%2f..%2fpublic'],
  ...['/public/%00', '/public/x%00/../admin', '/public/%0a', '/public/%0d%0a', '/public/%7f', '/public/%c2%85'],
  ...['/public/%c0%ae%c0%ae/admin', '/public/%ff', '/public/%', '/public/%zz', '/public/%u002e', '/%'],
  ...['/public/%ef%bc%8e%ef%bc%8e/admin', '/public/%ef%bc%8f..', '/public/%e2%80%a5/x', '/public/%ef%bc%9bx'],
  ...[
    '/public/...',
    '/public/.. /admin',
    '/public/%20../admin',
    '/public/..%20/admin',
    '/public/%20/x',
    '/public/%c2%a0/x',
  ],
  // A reader that does not decode takes these for other paths than one that does.
  ...[
    '/%70ublic',
    '/publi%63/x',
    '/%70ublic/../public',
    '/public%20',
    '/assets%2fv1/x',
    '/assets/%76%31/x',
    '/public%3fx',
  ],
  ...['/public/\u00c0\u00ae\u00c0\u00ae/x', '/public/\u00ff', '/public/a b', '/public/\t'],
  ...['public', '*', 'http://x/public', '/public/%ef%bc%852e', '?/public', '/?/public', '/#/public'],
];

test('a path that two readers may take for two is below no prefix', () => {
  const taken = HOSTILE.filter((path) => isPublic(path));
  assert.deepEqual(taken, []);
});

test('not even where all paths are public', () => {
  const all = publicPaths(['/']);
  assert.ok(isPublic('/', all) && isPublic('/a/b', all) && isPublic('/%70', all));
  assert.deepEqual(
    ['/a/../b', '//a', '/a%2fb', '/%c0%ae', '/a;b'].filter((path) => isPublic(path, all)),
    [],
  );
});
