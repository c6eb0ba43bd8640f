import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import type { BuiltCode } from '../build/built-code.ts';
import { manifestsOf } from './function-manifest.ts';
import { textsOf } from './function-text.ts';
import { textDiff } from './text-diff.ts';

function deployed(text: string, { large = false, timeoutSeconds = 1 } = {}) {
  const map = { version: 3, sources: ['src/a.ts', 'node_modules/b/b.js'], sourcesContent: [text, ''] };
  const code = large ? `/*${'x'.repeat(200_000)}*/` : 'export default 1;';
  const built: BuiltCode = { code, map: JSON.stringify(map), inputs: [], warnings: [], sizes: [] };
  const one = { name: 'orders', entry: '/x', spec: { timeoutSeconds }, build: {} };
  const { function: made, configMaps } = manifestsOf(one, built, { project: 'shop', namespace: 'team' });
  return textsOf(made as unknown as FunctionObject, configMaps);
}

test('of code the own files are compared, not what they were bundled into', () => {
  for (const large of [false, true]) {
    const diff = textDiff('orders', deployed('one\ntwo\n', { large }), deployed('one\n2\n', { large }));
    assert.match(
      diff,
      /^--- cluster\/orders\/src\/a\.ts\n\+\+\+ folder\/orders\/src\/a\.ts\n@@ -1,2 \+1,2 @@\n one\n-two\n\+2\n$/m,
    );
    assert.doesNotMatch(diff, /base64|node_modules/);
  }
});

test('the manifest is compared too', () => {
  const diff = textDiff('orders', deployed('a'), deployed('a', { timeoutSeconds: 9 }));
  assert.match(diff, /^-\s+timeoutSeconds: 1\n\+\s+timeoutSeconds: 9$/m);
  assert.doesNotMatch(diff, /src\/a\.ts/);
});

test('what is new is compared to nothing', () => {
  assert.match(
    textDiff('orders', textsOf(undefined, []), deployed('a')),
    /^--- \/dev\/null\n\+\+\+ folder\/orders\/function\.yaml\n/,
  );
});

test('what is the same makes no diff', () => {
  assert.equal(textDiff('orders', deployed('a'), deployed('a')), '');
});

test('code that another made is no reason to fail', () => {
  const fn = {
    spec: { source: { files: { 'index.js': '1\n//# sourceMappingURL=data:application/json;base64,!!' } } },
    metadata: { name: 'a' },
  };
  assert.deepEqual([...textsOf(fn as unknown as FunctionObject, []).keys()], ['function.yaml']);
  const refs = { spec: { source: { configMapRef: { name: 'x' } } }, metadata: { name: 'a' } };
  const stored = [{ binaryData: { 'index.js.gz': 'AAAA' } }];
  assert.deepEqual([...textsOf(refs as unknown as FunctionObject, stored).keys()], ['function.yaml']);
});
