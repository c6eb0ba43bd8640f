import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathRules, ruledPaths } from './path-rules.ts';

const RULES = pathRules(
  { '@/*': ['src/*', './lib/*'], '@/api/*': ['api/*.gen'], db: ['src/db'], '*/end': ['e/*'] },
  'app',
);
const CASES: [name: string, paths: string[]][] = [
  ['db', ['app/src/db']],
  ['db/x', []],
  ['@/a/b', ['app/src/a/b', 'app/lib/a/b']],
  ['@/api/x', ['app/api/x.gen']],
  ['some/end', ['app/e/some']],
  ['@/$&', ['app/src/$&', 'app/lib/$&']],
  ['@/../../../../etc', ['etc', 'etc']],
  ['/end', ['app/e/']],
  ['end', []],
];
for (const [name, paths] of CASES) {
  test(`${name} may be ${JSON.stringify(paths)}`, () => assert.deepEqual(ruledPaths(name, RULES), paths));
}
