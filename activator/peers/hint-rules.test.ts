import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayDoubt } from './hint-rules.ts';

test('hints take at most half of the replicas out of service, and never the last one', () => {
  assert.equal(mayDoubt(1, 0), false);
  assert.equal(mayDoubt(1, 5), false);
  for (const replicas of [2, 3, 4, 5, 100]) {
    let doubted = 0;
    while (mayDoubt(replicas - doubted, doubted)) doubted += 1;
    assert.equal(doubted, Math.floor(replicas / 2));
  }
});
