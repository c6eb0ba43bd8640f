import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceConfigMaps, sourceFiles } from './files.ts';
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
  assert.deepEqual(sourceFiles({ inline: 'x' }, []), { files: { 'index.ts': 'x' }, entry: 'index.ts' });
});

test('the entry is index.ts, else index.js, else the one that is named', () => {
  assert.equal(sourceFiles({ files: { 'index.js': '', 'index.ts': '' } }, []).entry, 'index.ts');
  assert.equal(sourceFiles({ files: { 'index.js': '', 'a.ts': '' } }, []).entry, 'index.js');
  assert.equal(sourceFiles({ files: { 'index.js': '', 'a.ts': '' }, entry: 'a.ts' }, []).entry, 'a.ts');
});

test("a ConfigMap's keys are files, two underscores a slash", () => {
  const { files } = sourceFiles({ configMapRef: { name: 'src' } }, [
    { name: 'src', content: { data: { 'index.ts': 'a', lib__b_c: 'b' } } },
  ]);
  assert.deepEqual(files, { 'index.ts': 'a', 'lib/b_c': 'b' });
});

test('an entry may be given compressed, whole or in pieces', () => {
  for (const key of ['index.js.gz', 'index.js.gz.1'])
    assert.equal(
      sourceFiles({ configMapRef: { name: 'src' } }, [{ name: 'src', content: { binaryData: { [key]: '' } } }]).entry,
      'index.js',
    );
});

test('a ConfigMap that is not there is named', () => {
  assert.match(
    problem({ configMapRef: { name: 'src' } }, [{ name: 'src', content: null }]),
    /^ConfigMapNotFound: there is no ConfigMap "src"/,
  );
});

test('without an entry the files there are listed', () => {
  assert.match(
    problem({ files: { 'b.ts': '', 'a.ts': '' } }, []),
    /^CompileFailed: neither index\.ts nor .*\(a\.ts, b\.ts\).*spec\.source\.entry/,
  );
  assert.match(
    problem({ configMapRef: { name: 'src' }, entry: 'z.ts' }, [{ name: 'src', content: {} }]),
    /"z\.ts" is not among the files \(there are none\)/,
  );
});

test('without index.ts and index.js another index is the entry', () => {
  for (const name of ['index.tsx', 'index.mts', 'index.cjs']) {
    assert.equal(sourceFiles({ files: { [name]: '', 'a.ts': '' } }, []).entry, name);
  }
});

test('several ConfigMaps are one source, with what is no text beside it', () => {
  const refs = { configMapRefs: [{ name: 'a' }, { name: 'b' }] };
  assert.deepEqual(sourceConfigMaps(refs), ['a', 'b']);
  const made = sourceFiles(refs, [
    { name: 'a', content: { data: { 'index.ts': '1' } } },
    { name: 'b', content: { data: { 'b.ts': '2' }, binaryData: { 'img__logo.png': 'AP8=' } } },
  ]);
  assert.deepEqual(made, {
    files: { 'index.ts': '1', 'b.ts': '2' },
    binary: { 'img/logo.png': 'AP8=' },
    entry: 'index.ts',
  });
});

test('a path in two ConfigMaps is refused with both of them', () => {
  const refs = { configMapRefs: [{ name: 'a' }, { name: 'b' }] };
  const twice = [
    { name: 'a', content: { data: { 'index.ts': '1' } } },
    { name: 'b', content: { binaryData: { 'index.ts': '' } } },
  ];
  assert.match(problem(refs, twice), /^CompileFailed: the file "index\.ts" is in the ConfigMaps "a" and "b"/);
  const same = [{ name: 'a', content: { data: { 'a.ts': '' } } }];
  assert.match(
    problem({ configMapRefs: [{ name: 'a' }, { name: 'a' }] }, [...same, ...same]),
    /twice in the ConfigMap "a"/,
  );
});

test('an entry that is no text is told apart from one that is not there', () => {
  const binary = [{ name: 'a', content: { binaryData: { 'index.ts': '/w==' } } }];
  assert.match(
    problem({ configMapRef: { name: 'a' }, entry: 'index.ts' }, binary),
    /index\.ts is not text: save it as UTF-8/,
  );
});

test('an entry may be given compressed', () => {
  const made = sourceFiles({ configMapRef: { name: 'a' } }, [
    { name: 'a', content: { binaryData: { 'index.js.gz': 'H4s=' } } },
  ]);
  assert.deepEqual(made, { files: {}, binary: { 'index.js.gz': 'H4s=' }, entry: 'index.js' });
});
