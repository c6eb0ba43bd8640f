import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairLine } from './fair-line.ts';

const line = (...names: string[]) => {
  const made = new FairLine<{ uid: string; bytes: number; name: string }>();
  for (const name of names) made.add({ uid: name.charAt(0), bytes: Number(name.slice(2) || 1), name });
  return made;
};
const names = (taken: { name: string }[]) => taken.map(({ name }) => name).join(' ');

test('functions have their turns one after the other, requests of one in their order', () => {
  const made = line('a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2');
  assert.equal(names(made.take(4, 99)), 'a1 b1 c1 a2');
  assert.equal(names(made.take(4, 99)), 'b2 a3 a4');
  assert.deepEqual([made.take(4, 99), made.size], [[], 0]);
});

test('so many bytes are taken at most, and one that is larger comes alone', () => {
  const made = line('a-3', 'b-3', 'c-9', 'd-1', 'e-1');
  assert.deepEqual(
    [1, 2, 3].map(() => names(made.take(9, 7))),
    ['a-3 b-3', 'c-9', 'd-1 e-1'],
  );
});

test('one that is removed is not taken', () => {
  const made = line('a1', 'b1');
  const gone = { uid: 'a', bytes: 1, name: 'a2' };
  made.add(gone);
  assert.deepEqual([made.remove(gone), made.remove(gone), made.size], [true, false, 2]);
  assert.equal(names(made.take(9, 9)), 'a1 b1');
  const other = line();
  other.add(gone);
  other.remove(gone);
  assert.deepEqual(other.take(1, 9), []);
});

test('of a hundred thousand that wait the next ones are taken without walking over the others', () => {
  // A walk for each, even over what has left, takes a second.
  const turns = Array.from({ length: 5 }, () => {
    const made = line(...Array.from({ length: 100_000 }, (_, i) => `a${i}`));
    const from = performance.now();
    while (made.size > 0) made.take(256, 1e9);
    return performance.now() - from;
  });
  assert.ok(Math.min(...turns) < 500, `${turns.map(Math.round)} ms`);
});
