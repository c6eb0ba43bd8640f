import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuestionPlaces } from './question-places.ts';

test('one function has half of the places, and leaves the others theirs', () => {
  const places = new QuestionPlaces(8);
  const take = (uid: string, count: number) =>
    Array.from({ length: count }, () => places.take(uid)).filter((place) => place !== undefined);
  const own = take('a', 10);
  assert.equal(own.length, 4);
  assert.equal(take('b', 10).length, 2);
  assert.equal(take('a', 1).length, 0);
  for (const place of own) place[Symbol.dispose]();
  assert.equal(take('a', 10).length, 3);
});
