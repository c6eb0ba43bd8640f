import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInvocationId } from './rules/invocation-id.ts';
import { askedRunId } from './trigger-runs.ts';

const NIGHTLY = { namespace: 'shop', name: 'nightly' };

test('a run that was asked for has the id of what asked for it', () => {
  assert.equal(askedRunId(NIGHTLY, '2026-03-29T01:00:00.5Z'), 'shop/nightly@run-2026-03-29T01:00:00.5Z');
});

test('whatever the annotation says, there is an id, and another one for another value', () => {
  const values = ['', 'a b', 'a/b', '../x', 'ü', 'x'.repeat(65), 'x'.repeat(66), '\n', '@'];
  const ids = values.map((value) => askedRunId(NIGHTLY, value));
  for (const id of ids) assert.ok(isInvocationId(id), id);
  assert.equal(new Set(ids).size, values.length);
});
