import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, roomOf } from './room.ts';

const asking = (uid: string, change: Partial<Asking> = {}): Asking => ({
  uid,
  namespace: `namespace of ${uid}`,
  running: 0,
  runningInNamespace: change.running ?? 0,
  maxConcurrency: 10,
  allowed: Number.POSITIVE_INFINITY,
  ...change,
});
const inAll = (room: Map<string, number>) => [...room.values()].reduce((sum, each) => sum + each, 0);

test('a function may have as many as its concurrency leaves', () => {
  assert.deepEqual(
    [...roomOf([asking('a'), asking('b', { running: 7 })], 500, 0)],
    [
      ['a', 10],
      ['b', 3],
    ],
  );
});

test('one that is full, or pauses, gets none; one that is tried again gets one', () => {
  const functions = [
    asking('full', { running: 10 }),
    asking('pauses', { allowed: 0 }),
    asking('probe', { allowed: 1 }),
  ];
  assert.deepEqual([...roomOf(functions, 500, 0)], [['probe', 1]]);
});

test('a function that could use all places leaves some to those that come later', () => {
  const most = inAll(roomOf([asking('a', { maxConcurrency: 1_000 })], 500, 0));
  assert.ok(most > 300 && most < 350, String(most));
  const hog = asking('a', { maxConcurrency: 1_000, running: most });
  assert.equal(roomOf([hog, asking('b')], 500 - most, 0).get('b'), 10);
  assert.equal(roomOf([hog], 500 - most, 0).size, 0);
});

test('hogs share what there is evenly', () => {
  const hogs = Array.from({ length: 10 }, (_, number) => asking(`${number}`, { maxConcurrency: 1_000 }));
  const room = roomOf(hogs, 500, 3);
  assert.ok(Math.max(...room.values()) - Math.min(...room.values()) <= 1);
  assert.ok(inAll(room) < 500);
});

test('a namespace leaves places to others, however many functions it has', () => {
  const many = Array.from({ length: 1_000 }, (_, number) =>
    asking(`${number}`, { namespace: 'one', maxConcurrency: 1_000 }),
  );
  const most = inAll(roomOf(many, 500, 3));
  assert.ok(most > 390 && most < 410, String(most));
  const again = many.map((one) => ({ ...one, runningInNamespace: most }));
  assert.equal(roomOf(again, 500 - most, 0).size, 0);
  assert.equal(roomOf([...again, asking('other')], 500 - most, 0).get('other'), 10);
});

test('where there are fewer places than functions, the turn decides who goes first', () => {
  const many = Array.from({ length: 5 }, (_, number) => asking(`${number}`));
  assert.deepEqual([...roomOf(many, 2, 0).keys()], ['0', '1']);
  assert.deepEqual([...roomOf(many, 2, 4).keys()], ['4', '0']);
  assert.deepEqual([...roomOf(many, 2, 9).keys()], ['4', '0']);
});

test('without a place or a function there is no room', () => {
  assert.equal(roomOf([], 500, 3).size, 0);
  assert.equal(roomOf([asking('a')], 0, 0).size, 0);
});
