import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isNewest,
  kept,
  recordManifest,
  recordsIn,
  type StoredRecord,
  sourceNames,
  vouching,
} from './deploy-record.ts';

const of = {
  function: { name: 'orders', namespace: 'team' },
  project: 'shop',
  owner: { apiVersion: 'catnap.dev/v1alpha1', kind: 'Function', name: 'orders', uid: 'u' },
};
const record = (number: number) => ({
  number,
  spec: { timeoutSeconds: number },
  at: '2026-01-01T00:00:00Z',
  from: undefined,
});

const known = (stored: readonly StoredRecord[]) =>
  Object.assign(
    {},
    ...stored.map((one) => vouching(one, { number: Number(one.metadata?.labels?.['catnap.dev/deploy']), drop: [] })),
  ) as Record<string, string>;

test('what is remembered of deploys is read again, newest first', () => {
  const stored = [2, 10, 1].map((number) => recordManifest(record(number), of));
  assert.deepEqual(recordsIn(stored, known(stored)), [record(10), record(2), record(1)]);
  assert.equal(stored[0]?.metadata.name, 'orders-deploy-2');
});

test('what is no record is left out', () => {
  const good = recordManifest(record(1), of);
  const wrong = [
    {},
    { ...good, data: { 'deploy.json': '{' } },
    { ...good, data: { 'deploy.json': '{"spec":3,"at":""}' } },
    { ...good, metadata: { labels: { 'catnap.dev/deploy': 'x' } } },
    { ...good, metadata: { labels: { 'catnap.dev/deploy': '-1' } } },
  ];
  const all = [...wrong, good];
  assert.deepEqual(recordsIn(all, known(all)), [record(1)]);
});

test('a record that the Function does not know, or knows otherwise, is none', () => {
  const stored = [1, 2].map((number) => recordManifest(record(number), of));
  const annotations = known(stored);
  const forged = [
    recordManifest({ ...record(2), spec: { image: 'evil' } }, of),
    recordManifest(record(9_007_199_254_740_991), of),
    recordManifest(record(3), of),
  ];
  assert.deepEqual(recordsIn([...forged, ...stored], annotations), [record(2), record(1)]);
  assert.deepEqual(recordsIn(stored, undefined), []);
  const next = vouching(forged[2] as StoredRecord, { number: 3, drop: [record(1)] });
  assert.equal(next['catnap.dev/deploy-1'], null);
  assert.match(next['catnap.dev/deploy-3'] ?? '', /^[0-9a-f]{64}$/);
});

test('ten deploys are kept', () => {
  const records = Array.from({ length: 12 }, (_, index) => record(12 - index));
  const { keep, drop } = kept(records);
  assert.deepEqual([keep.length, drop.map(({ number }) => number)], [10, [2, 1]]);
});

test('the same spec again is no deploy of its own', () => {
  assert.ok(isNewest([record(1)], { timeoutSeconds: 1 }));
  assert.ok(!isNewest([record(2), record(1)], { timeoutSeconds: 1 }));
  assert.ok(!isNewest([], { timeoutSeconds: 1 }));
});

test('the code of a deploy is known by the ConfigMaps that it names', () => {
  assert.deepEqual(sourceNames({ source: { configMapRefs: [{ name: 'a' }, { name: 'b' }] } }), ['a', 'b']);
  assert.deepEqual(sourceNames({ source: { configMapRef: { name: 'a' } } }), ['a']);
  assert.deepEqual(sourceNames({ image: 'x' }), []);
});
