import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANNOTATION } from '#api/names.ts';
import type { ConfigMap } from '#platform/resources.ts';
import { aFunction } from '../builders.ts';
import {
  bundleConfigMap,
  bundleDigest,
  bundleName,
  bundleOf,
  functionService,
  isControlledBy,
  isIntact,
  revisionDeployment,
} from './children.ts';
import type { Payload } from './pod.ts';

const payload = (runtimeImage = 'runtime:1'): Payload => ({
  kind: 'source',
  bundle: { name: 'hello-bundle-0123456789abcdef', chunks: 2 },
  runtimeImage,
});

test('the Deployment leaves the number of replicas to others and replaces no pod before the next is ready', () => {
  const { spec } = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.ok(spec);
  assert.equal('replicas' in spec, false);
  assert.equal(spec.revisionHistoryLimit, 0);
  assert.equal(spec.strategy?.rollingUpdate?.maxUnavailable, 0);
});

test('the Deployment selects the pods of its own revision alone', () => {
  const { spec } = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.deepEqual(spec?.selector.matchLabels, { 'catnap.dev/function': 'hello', 'catnap.dev/revision': 'hello-1' });
  assert.deepEqual(
    { ...spec?.template.metadata?.labels, ...spec?.selector.matchLabels },
    spec?.template.metadata?.labels,
  );
});

test('another pod template has another hash, an equal one the same', () => {
  const hash = (image: string) =>
    revisionDeployment(aFunction(), 'hello-1', payload(image), 'h').metadata?.annotations?.[ANNOTATION.templateHash];
  assert.equal(hash('runtime:1'), hash('runtime:1'));
  assert.notEqual(hash('runtime:1'), hash('runtime:2'));
});

test('children belong to the Function that made them, not to one of the same name later', () => {
  const child = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.equal(isControlledBy(child, aFunction()), true);
  assert.equal(isControlledBy(child, aFunction({}, { uid: 'another' })), false);
  assert.equal(isControlledBy({ metadata: {} }, aFunction()), false);
});

test('the Service is an alias of the gateway', () => {
  const { spec } = functionService(aFunction(), { service: 'gw', namespace: 'sys', clusterDomain: 'cluster.local' });
  assert.equal(spec?.type, 'ExternalName');
  assert.equal(spec?.externalName, 'gw.sys.svc.cluster.local');
  assert.equal(spec?.ports?.[0]?.port, 80);
});

test('a bundle is named by what it holds and cannot be changed', () => {
  const name = bundleName(aFunction(), ['a', 'b']);
  assert.match(name, /^hello-bundle-[0-9a-f]{16}$/);
  assert.notEqual(name, bundleName(aFunction(), ['a', 'c']));
  const made = bundleConfigMap(aFunction(), name, ['a', 'b']);
  assert.equal(made.immutable, true);
  assert.deepEqual(made.data, { 0: 'a', 1: 'b' });
});

test('a Deployment tells which bundle its pods load', () => {
  const source = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  const without = { sha256: undefined, uid: undefined };
  assert.deepEqual(bundleOf(source), { name: 'hello-bundle-0123456789abcdef', chunks: 2, ...without });
  const checked = { name: 'hello-bundle-0123456789abcdef', chunks: 2, sha256: 'abc', uid: 'uid-of-bundle' };
  const digested = revisionDeployment(aFunction(), 'hello-1', { ...payload(), bundle: checked } as Payload, 'h');
  assert.deepEqual(bundleOf(digested), checked);
  const image = revisionDeployment(aFunction({ image: 'x' }), 'hello-1', { kind: 'image', image: 'x' }, undefined);
  assert.equal(bundleOf(image), undefined);
});

test('a bundle is intact only as what was stored: the same text, immutable, the function’s own', () => {
  const fn = aFunction();
  const chunks = ['text:export ', 'default 1'];
  const name = bundleName(fn, chunks);
  const bundle = { name, chunks: 2, sha256: bundleDigest(chunks) };
  const stored = bundleConfigMap(fn, name, chunks);
  assert.ok(isIntact(stored, bundle, fn));
  assert.ok(isIntact(stored, { name, chunks: 2 }, fn), 'an older one is known by its name');
  const others: [string, ConfigMap][] = [
    ['other code', { ...stored, data: { 0: 'text:export ', 1: 'default 2' } }],
    ['a chunk less', { ...stored, data: { 0: 'text:export ' } }],
    ['no data', { ...stored, data: {} }],
    ['one that can be changed', { ...stored, immutable: false }],
    ['another owner’s', { ...stored, metadata: { ...stored.metadata, ownerReferences: [] } }],
  ];
  for (const [what, other] of others) {
    assert.ok(!isIntact(other, bundle, fn), what);
    assert.ok(!isIntact(other, { name, chunks: 2 }, fn), what);
  }
});
