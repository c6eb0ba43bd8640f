import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revisionOf } from '../function/revision.ts';
import { validateFunction } from '../function/validate-function.ts';
import { sourceFiles } from '../source/files.ts';
import { sourceHashOf } from '../source/source-hash.ts';
import { aFunction } from '../testing/builders.ts';
import { functionPacking, keepFunction, sourceDigest, withoutText } from './kept-function.ts';

const LONG = 'export default () => 1 //'.padEnd(4_096, 'x');

test('of a source its digest is kept, which names the very revision that the text does', () => {
  for (const source of [{ inline: LONG }, { files: { 'index.ts': LONG, 'lib/a.ts': 'export const a = 1' } }]) {
    const fn = aFunction({ source, env: [{ name: 'A', value: 'b' }] });
    const kept = keepFunction(fn);
    assert.ok(!JSON.stringify(kept).includes('xxxx'));
    const files = sourceFiles(source, []);
    assert.deepEqual(sourceDigest(kept), {
      revision: revisionOf('hello', fn.spec, { source: files, configMaps: {} }),
      sourceHash: sourceHashOf(files, fn.spec),
    });
    assert.ok(withoutText(kept.spec.source ?? {}));
  }
});

test('where ConfigMaps have a part in the revision, or the entry is missing, there is no digest', () => {
  const envFrom = [{ configMapRef: { name: 'settings' } }];
  assert.equal(sourceDigest(keepFunction(aFunction({ source: { inline: LONG }, envFrom }))), undefined);
  const noEntry = keepFunction(aFunction({ source: { files: { 'main.ts': LONG } } }));
  assert.equal(sourceDigest(noEntry), undefined);
  assert.ok(withoutText(noEntry.spec.source ?? {}));
});

test('what has no text in it is kept as it is', () => {
  for (const spec of [{ image: 'team/thumbs:1' }, { source: { configMapRef: { name: 'hello-src' } } }]) {
    const kept = keepFunction(aFunction(spec));
    assert.deepEqual(kept.spec, aFunction(spec).spec);
    assert.equal(sourceDigest(kept), undefined);
    assert.ok(kept.spec.source === undefined || !withoutText(kept.spec.source));
  }
});

test('who manages which field and what kubectl applied last are not kept, other annotations are', () => {
  const fn = aFunction();
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'catnap.dev/source-hash': 'abc' };
  const kept = keepFunction({
    ...fn,
    metadata: { ...fn.metadata, annotations, managedFields: [{ manager: 'kubectl' }] } as never,
  });
  assert.deepEqual(kept.metadata, { ...fn.metadata, annotations: { 'catnap.dev/source-hash': 'abc' } });
});

test('a kept Function counts as checked, with its mistakes if there are any', () => {
  const kept = keepFunction(aFunction({ source: { inline: LONG } }));
  assert.deepEqual(validateFunction(kept), { fn: kept });
  const fn = aFunction();
  const wrong = keepFunction({ ...fn, spec: { ...fn.spec, timeoutSeconds: 'soon' as never } });
  assert.match(JSON.stringify(validateFunction(wrong)), /timeoutSeconds/);
});

test('a Function that was packed is as it was kept, and still counts as checked', () => {
  const packing = functionPacking();
  const source = { source: { inline: LONG } };
  const envFrom = [{ configMapRef: { name: 'settings' } }];
  const wrong = { ...aFunction(), spec: { ...aFunction().spec, timeoutSeconds: 'soon' as never } };
  for (const fn of [aFunction(source), aFunction({ ...source, envFrom }), aFunction({ image: 'a/b:1' }), wrong]) {
    const kept = keepFunction(fn);
    const back = packing.unpack(packing.pack(kept), { namespace: 'default', name: 'hello' });
    assert.deepEqual(back, kept);
    assert.deepEqual(sourceDigest(back), sourceDigest(kept));
    assert.equal(withoutText(back.spec.source ?? {}), withoutText(kept.spec.source ?? {}));
    const checked = validateFunction(back);
    if ('fn' in checked) assert.equal(checked.fn, back);
    assert.deepEqual('mistakes' in checked, 'mistakes' in validateFunction(kept));
  }
});
