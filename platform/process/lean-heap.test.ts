import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeanWhileIdle } from './lean-heap.ts';

test('the heap is lean at the start, fast from the first work on, and lean again after a while without any', () => {
  const set: boolean[] = [];
  const heap = new LeanWhileIdle((on) => set.push(on));
  assert.deepEqual(set, [true]);
  heap.busy();
  heap.busy();
  assert.deepEqual(set, [true, false]);
  heap.look();
  assert.deepEqual(set, [true, false], 'there was work since the last look');
  heap.busy();
  heap.look();
  heap.look();
  assert.equal(set.at(-1), true);
});
