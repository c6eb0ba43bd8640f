import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayDoubt } from './hint-rules.ts';

test('hints take at most half of several replicas out of service', () => {
  for (const replicas of [2, 3, 4, 5, 100]) {
    let doubted = 0;
    while (mayDoubt(replicas - doubted, doubted)) doubted += 1;
    assert.equal(doubted, Math.floor(replicas / 2));
  }
});

test('they take one that is alone out too, but not the last that they have left', () => {
  assert.equal(mayDoubt(1, 0), true);
  for (const doubted of [1, 2, 5]) assert.equal(mayDoubt(1, doubted), false);
  assert.equal(mayDoubt(0, 0), false);
});
