import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUNCTION_NAME_MAX_LENGTH, revisionName } from './names.ts';

test('the longest function name still makes a revision name that is a DNS label', () => {
  assert.equal(revisionName('f'.repeat(FUNCTION_NAME_MAX_LENGTH), 'a'.repeat(64)).length, 63);
});
