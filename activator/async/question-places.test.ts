import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuestionPlaces } from './question-places.ts';

function scene(most: number) {
  const places = new QuestionPlaces(most);
  return (uid: string, namespace: string, count: number) =>
    Array.from({ length: count }, () => places.take({ uid, namespace })).filter((place) => place !== undefined);
}

test('one function has half of the places, and leaves the others theirs', () => {
  const take = scene(8);
  const own = take('a', 'one', 10);
  assert.equal(own.length, 4);
  assert.equal(take('b', 'two', 10).length, 2);
  assert.equal(take('a', 'one', 1).length, 0);
  for (const place of own) place[Symbol.dispose]();
  assert.equal(take('a', 'one', 10).length, 3);
});

test('a namespace leaves places to others, however many functions it has', () => {
  const take = scene(512);
  const taken = Array.from({ length: 1_000 }, (_, number) => take(`${number}`, 'large', 512).length);
  const all = taken.reduce((sum, count) => sum + count, 0);
  assert.ok(all > 330 && all < 350, String(all));
  assert.ok(take('other', 'small', 512).length > 80);
});
