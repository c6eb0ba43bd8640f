import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool } from './addresses.ts';

test('addresses go up, skip what is taken or in use, and do not come back soon', () => {
  using pool = new AddressPool(() => new Set(['127.1.0.2']), 0);
  pool.reserve('127.1.0.3');
  assert.equal(pool.take(), '127.1.0.1');
  pool.release('127.1.0.1');
  assert.equal(pool.take(), '127.1.0.4');
});

test('network and broadcast addresses of a /24 are left out', () => {
  using pool = new AddressPool(() => new Set(), 254);
  assert.deepEqual([pool.take(), pool.take()], ['127.1.0.254', '127.1.1.1']);
});

test('the machine is looked at rarely, and again when what was looked up is used up', () => {
  let looks = 0;
  const look = (): Set<string> => {
    looks += 1;
    return new Set();
  };
  using pool = new AddressPool(look);
  const taken = Array.from({ length: 40 }, () => pool.take());
  assert.deepEqual([new Set(taken).size, looks], [40, 2]);
});
