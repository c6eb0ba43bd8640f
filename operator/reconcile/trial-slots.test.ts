import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialSlots } from './trial-slots.ts';

function someSlots() {
  const freed: string[] = [];
  const slots = new TrialSlots({ most: 3, mostInNamespace: 2, heldMs: 1_000, onFree: (key) => freed.push(key) });
  return { slots, freed };
}

test('so many start at once, and the one that waits longest is told when there is room again', () => {
  const { slots, freed } = someSlots();
  assert.deepEqual(
    ['a/1', 'b/1', 'c/1', 'd/1', 'e/1'].map((key) => slots.take(key, 0)),
    [true, true, true, false, false],
  );
  slots.release('b/1', 0);
  assert.deepEqual(freed, ['d/1']);
  assert.equal(slots.take('d/1', 0), true);
});

test('two slots that become free at once are two that start', () => {
  const { slots, freed } = someSlots();
  for (const key of ['a/1', 'b/1', 'c/1', 'd/1', 'e/1']) slots.take(key, 0);
  slots.release('a/1', 0);
  slots.release('b/1', 0);
  assert.deepEqual(freed, ['d/1', 'e/1']);
});

test('one namespace leaves room for another', () => {
  const { slots, freed } = someSlots();
  assert.deepEqual(
    ['a/1', 'a/2', 'a/3', 'b/1', 'b/2'].map((key) => slots.take(key, 0)),
    [true, true, false, true, false],
  );
  slots.release('b/1', 0);
  assert.deepEqual(freed, ['b/2']);
});

test('a slot that is never given back is over after a while', () => {
  const { slots } = someSlots();
  for (const key of ['a/1', 'b/1', 'c/1']) slots.take(key, 0);
  assert.equal(slots.take('d/1', 999), false);
  assert.equal(slots.take('d/1', 1_000), true);
});

test('one that has its slot, or is gone, holds up no other', () => {
  const { slots, freed } = someSlots();
  for (const key of ['a/1', 'b/1', 'c/1', 'd/1', 'e/1']) slots.take(key, 0);
  assert.equal(slots.take('a/1', 10), true);
  slots.release('d/1', 0);
  slots.release('a/1', 0);
  assert.deepEqual(freed, ['e/1']);
});
