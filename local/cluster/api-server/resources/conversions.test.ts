import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_CONVERSION } from './event-conversion.ts';
import { fieldValue, selectableFieldsOf } from './field-values.ts';
import { semanticallyEqual } from './fields.ts';
import { finalizersOf, validateMeta, validateMetaUpdate } from './validation.ts';

const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'a' },
  message: 'm',
  involvedObject: { name: 'o' },
  source: { component: 'c' },
  count: 2,
};

test('an event comes back from its other version as it went', () => {
  const served = EVENT_CONVERSION.served(event);
  assert.deepEqual([served.apiVersion, served.note, served.deprecatedCount], ['events.k8s.io/v1', 'm', 2]);
  assert.deepEqual(EVENT_CONVERSION.kept(served), event);
});

test('fields are selected by in the words of the version', () => {
  assert.equal(fieldValue(selectableFieldsOf('', 'Event'), event, 'involvedObject.name'), 'o');
  assert.equal(fieldValue(selectableFieldsOf('events.k8s.io', 'Event'), event, 'regarding.name'), 'o');
  assert.equal(fieldValue(selectableFieldsOf('', 'Event'), event, 'metadata.namespace'), 'a');
});

test('nothing, null and empty are the same', () => {
  assert.equal(semanticallyEqual({ a: {}, b: [1] }, { b: [1], c: null }), true);
  assert.equal(semanticallyEqual({ a: 0 }, {}), false);
});

test('metadata is checked for every kind', () => {
  const owner = { apiVersion: 'v1', kind: 'K', name: 'n', uid: '', controller: true };
  const meta = {
    name: 'Bad',
    labels: { 'a b': 'c' },
    finalizers: ['plain', 'example.org/fine'],
    ownerReferences: [owner, { ...owner, uid: 'u' }],
  };
  const fields = validateMeta(meta, () => ['is bad'], true).map(({ field }) => field);
  assert.deepEqual(fields, [
    'metadata.name',
    'metadata.labels',
    'metadata.finalizers[0]',
    'metadata.ownerReferences.uid',
    'metadata.ownerReferences',
  ]);
});

test('what is dying is given no new finalizers', () => {
  const old = { ...event, metadata: { ...event.metadata, deletionTimestamp: 't', finalizers: ['a/b'] } };
  const next = { ...old, metadata: { ...old.metadata, finalizers: ['a/b', 'c/d'] } };
  assert.deepEqual(finalizersOf(next), ['a/b', 'c/d']);
  assert.equal(validateMetaUpdate(next, old)[0]?.type, 'FieldValueForbidden');
  assert.deepEqual(validateMetaUpdate(old, next), []);
});
