import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './resource-version.ts';

test('resource versions compare as the numbers they are, however long', () => {
  assert.ok(compareVersions('9', '10') < 0);
  assert.ok(compareVersions('90071992547409931', '90071992547409930') > 0);
  assert.equal(compareVersions('7', '7'), 0);
});

test('what is no number compares with nothing', () => {
  assert.equal(compareVersions('abc', '1'), 0);
  assert.equal(compareVersions(undefined, '1'), 0);
});
