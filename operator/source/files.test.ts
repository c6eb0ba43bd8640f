import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceFiles } from './files.ts';
import { SourceError } from './source-error.ts';

const problem = (...args: Parameters<typeof sourceFiles>) => {
  try {
    sourceFiles(...args);
  } catch (error) {
    assert.ok(error instanceof SourceError);
    return `${error.reason}: ${error.message}`;
  }
  return assert.fail('it was accepted');
};

test('an inline module is the file index.ts', () => {
  assert.deepEqual(sourceFiles({ inline: 'x' }, null), { files: { 'index.ts': 'x' }, entry: 'index.ts' });
});

test('the entry is index.ts, else index.js, else the one that is named', () => {
  assert.equal(sourceFiles({ files: { 'index.js': '', 'index.ts': '' } }, null).entry, 'index.ts');
  assert.equal(sourceFiles({ files: { 'index.js': '', 'a.ts': '' } }, null).entry, 'index.js');
  assert.equal(sourceFiles({ files: { 'index.js': '', 'a.ts': '' }, entry: 'a.ts' }, null).entry, 'a.ts');
});

test("a ConfigMap's keys are files, two underscores a slash", () => {
  const { files } = sourceFiles({ configMapRef: { name: 'src' } }, { 'index.ts': 'a', lib__b_c: 'b' });
  assert.deepEqual(files, { 'index.ts': 'a', 'lib/b_c': 'b' });
});

test('a ConfigMap that is not there is named', () => {
  assert.match(problem({ configMapRef: { name: 'src' } }, null), /^ConfigMapNotFound: there is no ConfigMap "src"/);
});

test('without an entry the files there are listed', () => {
  assert.match(
    problem({ files: { 'b.ts': '', 'a.ts': '' } }, null),
    /^CompileFailed: neither index\.ts nor .*\(a\.ts, b\.ts\).*spec\.source\.entry/,
  );
  assert.match(
    problem({ configMapRef: { name: 'src' }, entry: 'z.ts' }, {}),
    /"z\.ts" is not among the files \(there are none\)/,
  );
});
