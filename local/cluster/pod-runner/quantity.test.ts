import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inUnitsOf, parseQuantity } from './quantity.ts';

test('quantities with and without suffix', () => {
  assert.deepEqual(
    ['250m', '2', '64Mi', '1e3', '1.5Gi', '5k'].map(parseQuantity),
    [0.25, 2, 67_108_864, 1_000, 1_610_612_736, 5_000],
  );
  assert.ok(Number.isNaN(parseQuantity('many')));
});

test('units are rounded up, without the dust of binary fractions', () => {
  assert.equal(inUnitsOf(0.05, '1m'), '50');
  assert.equal(inUnitsOf(0.05, undefined), '1');
  assert.equal(inUnitsOf(268_435_456, '1Mi'), '256');
});
