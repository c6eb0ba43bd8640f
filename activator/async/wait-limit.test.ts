import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitLimit } from './wait-limit.ts';

const waiting = (uid: string, namespace = uid) => ({
  uid,
  namespace,
  hurried: 0,
  hurry() {
    this.hurried += 1;
  },
});

function scene() {
  const limit = new WaitLimit();
  /** Those of so many that may. */
  const begin = (count: number, uid: string, namespace?: string) =>
    Array.from({ length: count }, () => waiting(uid, namespace)).filter((one) => limit.begin(one));
  return { limit, begin };
}

test('clients of one function take half of the places; one that ends makes room, once', () => {
  const { limit, begin } = scene();
  const begun = begin(300, 'a');
  assert.equal(begun.length, 100);
  assert.equal(begin(300, 'b').length, 50);
  for (const one of begun) limit.end(one);
  for (const one of begun) limit.end(one);
  assert.equal(begin(300, 'a').length, 75);
});

test('a namespace leaves others the room to wait, however many functions it has', () => {
  const { begin } = scene();
  for (let i = 0; i < 300; i += 1) begin(200, `a${i}`, 'large');
  assert.ok(begin(200, 'b', 'small').length >= 30);
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
