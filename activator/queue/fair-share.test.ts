import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetBounds, mayHold } from './fair-share.ts';

test('as long as there is room anyone may have it', () => {
  assert.equal(mayHold({ all: 9, mine: 9, functions: 2 }, 1, 10), true);
});

test('from the bound on only who holds less than its part may have more', () => {
  assert.equal(mayHold({ all: 10, mine: 10, functions: 1 }, 1, 10), false);
  assert.equal(mayHold({ all: 10, mine: 5, functions: 2 }, 1, 10), false);
  assert.equal(mayHold({ all: 10, mine: 4, functions: 2 }, 1, 10), true);
});

test('what all shares together come to has an end too', () => {
  assert.equal(mayHold({ all: 20, mine: 0, functions: 5 }, 1, 10), false);
});

test('the bounds leave half of the memory free', () => {
  const mebibyte = 1024 * 1024;
  assert.deepEqual(budgetBounds(512 * mebibyte), { requests: 5_461, bytes: 128 * mebibyte });
  assert.deepEqual(budgetBounds(0), { requests: 10_000, bytes: 256 * mebibyte });
  assert.deepEqual(budgetBounds(2 ** 63), { requests: 10_000, bytes: 256 * mebibyte });
});
