import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PayloadQueue } from './payload-queue.ts';

const MIB = 1_048_576;
const entry = (id: string, bytes = 10) => ({ id, uid: id.slice(0, 1), bytes });
const ids = (entries: readonly { id: string }[]) => entries.map(({ id }) => id);

function queueOf(budget: number, ...entries: ReturnType<typeof entry>[]) {
  const queue = new PayloadQueue<ReturnType<typeof entry>>(budget);
  for (const one of entries) queue.add(one);
  return queue;
}

test('functions take turns, each in the order of its entries', () => {
  const queue = queueOf(64 * MIB, entry('a1'), entry('a2'), entry('a3'), entry('b1'), entry('c1'));
  assert.deepEqual(ids(queue.take()), ['a1', 'b1', 'c1', 'a2', 'a3']);
  assert.deepEqual(queue.take(), []);
});

test('what is held bounds what is read, until it is sent', () => {
  const [first, second] = [entry('a1', 8 * MIB), entry('b1', 8 * MIB)];
  const queue = queueOf(10 * MIB, first, second);
  assert.deepEqual(ids(queue.take()), ['a1']);
  assert.deepEqual(queue.take(), []);
  queue.release(first);
  assert.deepEqual(ids(queue.take()), ['b1']);
});

test('a function with large bodies leaves room for others', () => {
  const large = Array.from({ length: 10 }, (_, number) => entry(`a${number}`, 8 * MIB));
  const queue = queueOf(64 * MIB, ...large);
  const reads = Array.from({ length: 10 }, () => queue.take().length);
  assert.equal(
    reads.reduce((sum, read) => sum + read),
    4,
    'as many as leave as much free',
  );
  queue.add(entry('b1'));
  assert.deepEqual(ids(queue.take()), ['b1']);
});

test('one that is larger than the budget is read when nothing else is held', () => {
  const [small, large] = [entry('a1', 1), entry('b1', 20)];
  const queue = queueOf(10, small, large);
  assert.deepEqual(ids(queue.take()), ['a1']);
  queue.release(small);
  assert.deepEqual(ids(queue.take()), ['b1']);
});

test('one read is bounded in entries and bytes', () => {
  const many = queueOf(64 * MIB, ...Array.from({ length: 150 }, (_, number) => entry(`a${number}`)));
  assert.deepEqual([many.take().length, many.take().length], [100, 50]);
  const large = queueOf(64 * MIB, entry('a1', 3 * MIB), entry('b1', 3 * MIB));
  assert.deepEqual([ids(large.take()), ids(large.take())], [['a1'], ['b1']]);
});

test('what waits can be taken back', () => {
  const queue = queueOf(64 * MIB, entry('a1'), entry('b1'));
  assert.deepEqual(ids(queue.clear()), ['a1', 'b1']);
  assert.deepEqual(queue.take(), []);
});
