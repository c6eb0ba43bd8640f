import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEntry, type PackageEntries } from './find-entry.ts';

const CASES: [what: string, entries: PackageEntries, files: string[], entry: string | undefined][] = [
  ['src before the root', {}, ['index.js', 'src/index.ts'], 'src/index.ts'],
  ['TypeScript before JavaScript', {}, ['index.js', 'index.ts'], 'index.ts'],
  ['what main names', { main: './server.js' }, ['server.js', 'index.js'], 'server.js'],
  ['what exports names before main', { exports: './a.ts', main: 'b.ts' }, ['a.ts', 'b.ts'], 'a.ts'],
  [
    'what exports names by condition',
    { exports: { '.': { types: './a.d.ts', import: { default: './src/a.mts' } }, './b': './b.js' } },
    ['src/a.mts', 'a.d.ts', 'index.ts'],
    'src/a.mts',
  ],
  ['not what was compiled', { main: 'dist/index.js' }, ['dist/index.js', 'src/index.ts'], 'src/index.ts'],
  ['not what was compiled into lib', { main: 'lib/index.js' }, ['lib/index.js', 'src/index.ts'], 'src/index.ts'],
  ['what is in lib without src', { main: 'lib/index.js' }, ['lib/index.js'], 'lib/index.js'],
  ['not what is missing', { main: 'server.js' }, ['index.js'], 'index.js'],
  ['not what lies elsewhere', { main: '../a.js' }, ['../a.js', 'index.js'], 'index.js'],
  ['not types', { main: 'index.d.ts' }, ['index.d.ts'], undefined],
  ['not what is no text', { main: 3, exports: ['x'] }, [], undefined],
];
for (const [what, entries, files, entry] of CASES)
  test(`the entry is ${what}`, () => {
    assert.equal(
      findEntry(entries, (path) => files.includes(path)),
      entry,
    );
  });
