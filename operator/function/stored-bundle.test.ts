import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '#platform/kube/resources.ts';
import { aFunction } from '../testing/builders.ts';
import { revisionDeployment } from './children.ts';
import {
  type BundleRef,
  bundleDigest,
  bundleOf,
  CONFIG_MAP_CHUNKS,
  isAsStored,
  isIntact,
  type StoredText,
  storedConfigMap,
  storedText,
} from './stored-bundle.ts';

const fn = aFunction();
const deploymentOf = (bundle: BundleRef) =>
  revisionDeployment(fn, 'hello-1', { kind: 'source', bundle, runtimeImage: 'r:1' }, 'h');
const many = Array.from({ length: CONFIG_MAP_CHUNKS + 2 }, (_, index) => `chunk ${index}`);
const part = ({ name, chunks }: StoredText) => ({ name, chunks: chunks.length });

test('a bundle is named by what it holds and cannot be changed', () => {
  const [stored, ...others] = storedText(fn, 'bundle', ['a', 'b']);
  assert.ok(stored !== undefined && others.length === 0);
  assert.match(stored.name, /^hello-bundle-[0-9a-f]{16}$/);
  assert.notEqual(stored.name, storedText(fn, 'bundle', ['a', 'c'])[0]?.name);
  const made = storedConfigMap(fn, stored);
  assert.equal(made.immutable, true);
  assert.deepEqual(made.data, { 0: 'a', 1: 'b' });
});

test('what does not fit into one ConfigMap is stored in the next', () => {
  const stored = storedText(fn, 'bundle', many);
  assert.deepEqual(
    stored.map(part).map(({ chunks }) => chunks),
    [CONFIG_MAP_CHUNKS, 2],
  );
  assert.deepEqual(
    stored.flatMap(({ chunks }) => chunks),
    many,
  );
});

test('a Deployment tells which bundle its pods load', () => {
  const [first, second] = storedText(fn, 'bundle', many).map(part);
  assert.ok(first !== undefined && second !== undefined);
  const older = { parts: [{ ...first, uid: undefined }], sha256: undefined };
  assert.deepEqual(bundleOf(deploymentOf({ parts: [first] })), older);
  const bundle = {
    parts: [
      { ...first, uid: 'uid-1' },
      { ...second, uid: 'uid-2' },
    ],
    sha256: 'abc',
    map: ['hello-map-1', 'hello-map-2'],
    notes: '1 file is never imported',
  };
  assert.deepEqual(bundleOf(deploymentOf(bundle)), bundle);
  const image = revisionDeployment(aFunction({ image: 'x' }), 'hello-1', { kind: 'image', image: 'x' }, undefined);
  assert.equal(bundleOf(image), undefined);
});

test('a bundle is intact only as what was stored: the same text, immutable, the function’s own', () => {
  const texts = storedText(fn, 'bundle', many);
  const older = { parts: texts.map(part) };
  const bundle = { ...older, sha256: bundleDigest(many) };
  const [first, last] = texts.map((text) => storedConfigMap(fn, text));
  assert.ok(first !== undefined && last !== undefined);
  assert.ok(isIntact([first, last], bundle, fn));
  assert.ok(isIntact([first, last], older, fn), 'an older one is known by its names');
  const others: [string, ConfigMap][] = [
    ['other code', { ...last, data: { 0: 'text:export ', 1: 'default 2' } }],
    ['a chunk less', { ...last, data: { 0: 'chunk 7' } }],
    ['no data', { ...last, data: {} }],
    ['one that can be changed', { ...last, immutable: false }],
    ['another owner’s', { ...last, metadata: { ...last.metadata, ownerReferences: [] } }],
  ];
  for (const [what, other] of others) {
    assert.ok(!isIntact([first, other], bundle, fn), what);
    assert.ok(!isIntact([first, other], older, fn), what);
    assert.ok(!isAsStored(other, last, fn), what);
  }
  assert.ok(!isIntact([last, first], bundle, fn), 'in another order');
  assert.ok(!isIntact([first], bundle, fn), 'half of it');
  assert.ok(isAsStored(last, last, fn));
});
