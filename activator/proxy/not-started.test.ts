import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEADER } from '#api/names.ts';
import { notStartedReason } from './not-started.ts';

test('a 503 of the runtime says whether it has not begun, and whether for want of a place', () => {
  assert.equal(notStartedReason(['content-type', 'text/plain', HEADER.notStarted, 'true']), 'unready');
  assert.equal(notStartedReason([HEADER.full, 'true', HEADER.notStarted.toUpperCase(), 'true']), 'full');
});

test('any other 503 is the function’s own, also one that only says that it is full', () => {
  assert.equal(notStartedReason([]), undefined);
  assert.equal(notStartedReason([HEADER.full, 'true']), undefined);
});
