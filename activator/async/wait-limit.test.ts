import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitLimit } from './wait-limit.ts';

const waiting = (uid: string) => ({
  uid,
  hurried: 0,
  hurry() {
    this.hurried += 1;
  },
});

test('of one function 50 wait at most, of all 200; one that ends makes room', () => {
  const limit = new WaitLimit();
  const begin = (uid: string) => {
    const one = waiting(uid);
    return limit.begin(one) ? one : undefined;
  };
  const begun = Array.from({ length: 60 }, () => begin('a')).filter((one) => one !== undefined);
  assert.equal(begun.length, 50);
  const others = Array.from({ length: 200 }, (_, i) => begin(`b${i}`)).filter((one) => one !== undefined);
  assert.equal(others.length, 150);
  assert.equal(begin('c'), undefined);
  for (const one of begun) limit.end(one);
  for (const one of begun) limit.end(one);
  assert.equal(Array.from({ length: 60 }, () => begin('a')).filter((one) => one !== undefined).length, 50);
});

test('those that wait are hurried once when the gateway leaves, and no more may begin', () => {
  const limit = new WaitLimit();
  const [here, ended] = [waiting('a'), waiting('a')];
  limit.begin(here);
  limit.begin(ended);
  limit.end(ended);
  limit.leave();
  assert.deepEqual([here.hurried, ended.hurried, limit.begin(waiting('b'))], [1, 0, false]);
});
