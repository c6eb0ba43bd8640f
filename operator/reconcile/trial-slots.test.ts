import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './trial-slots.ts';

function someTurns() {
  const freed: string[] = [];
  const turns = new Turns({ most: 3, mostInNamespace: 2, heldMs: 1_000, onFree: (key) => freed.push(key) });
  return { turns, freed };
}

test('so many start at once, and the one that waits longest is told when there is room again', () => {
  const { turns, freed } = someTurns();
  assert.deepEqual(
    ['a/1', 'b/1', 'c/1', 'd/1', 'e/1'].map((key) => turns.take(key, 0)),
    [true, true, true, false, false],
  );
  turns.giveBack('b/1', 0);
  assert.deepEqual(freed, ['d/1']);
  assert.equal(turns.take('d/1', 0), true);
});

test('two turns that become free at once are two that start', () => {
  const { turns, freed } = someTurns();
  for (const key of ['a/1', 'b/1', 'c/1', 'd/1', 'e/1']) turns.take(key, 0);
  turns.giveBack('a/1', 0);
  turns.giveBack('b/1', 0);
  assert.deepEqual(freed, ['d/1', 'e/1']);
});

test('one namespace leaves room for another', () => {
  const { turns, freed } = someTurns();
  assert.deepEqual(
    ['a/1', 'a/2', 'a/3', 'b/1', 'b/2'].map((key) => turns.take(key, 0)),
    [true, true, false, true, false],
  );
  turns.giveBack('b/1', 0);
  assert.deepEqual(freed, ['b/2']);
});

test('a turn that is never given back is over after a while', () => {
  const { turns } = someTurns();
  for (const key of ['a/1', 'b/1', 'c/1']) turns.take(key, 0);
  assert.equal(turns.take('d/1', 999), false);
  assert.equal(turns.take('d/1', 1_000), true);
});

test('one that has its turn, or is gone, holds up no other', () => {
  const { turns, freed } = someTurns();
  for (const key of ['a/1', 'b/1', 'c/1', 'd/1', 'e/1']) turns.take(key, 0);
  assert.equal(turns.take('a/1', 10), true);
  turns.giveBack('d/1', 0);
  turns.giveBack('a/1', 0);
  assert.deepEqual(freed, ['e/1']);
});
