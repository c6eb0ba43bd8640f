import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Accepted } from './accept.ts';
import { acceptedOf } from './accept.ts';

const FORMS: ReadonlySet<Accepted['form']> = new Set(['table', 'metadata']);

test('takes the first form in the client’s order that is offered', () => {
  const header =
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
  assert.deepEqual(acceptedOf(header, FORMS), { media: 'json', form: 'table' });
  assert.deepEqual(acceptedOf(header, new Set()), { media: 'json', form: 'plain' });
});

test('passes over what it does not speak', () => {
  const header = 'application/vnd.kubernetes.protobuf,application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
  assert.deepEqual(acceptedOf(header, FORMS), { media: 'json', form: 'metadata' });
});

test('answers in JSON when anything will do', () => {
  assert.deepEqual(acceptedOf(undefined, FORMS), { media: 'json', form: 'plain' });
  assert.deepEqual(acceptedOf('*/*', FORMS), { media: 'json', form: 'plain' });
});

test('refuses when nothing it speaks will do', () => {
  assert.throws(() => acceptedOf('application/vnd.kubernetes.protobuf', FORMS), { code: 406 });
});
