import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewest, kept, recordManifest, recordsIn, sourceNames } from './deploy-record.ts';

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

test('what is remembered of deploys is read again, newest first', () => {
  const stored = [2, 10, 1].map((number) => recordManifest(record(number), of));
  assert.deepEqual(recordsIn(stored), [record(10), record(2), record(1)]);
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
  assert.deepEqual(recordsIn([...wrong, good]), [record(1)]);
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
