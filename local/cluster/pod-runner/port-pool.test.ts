import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortPool } from './port-pool.ts';

test('gives ports on which nothing listens, each one again only after all others', () => {
  const pool = new PortPool(() => new Set([20_000, 20_001]), 9_999);
  assert.deepEqual([pool.take(), pool.take(), pool.take()], [29_999, 20_002, 20_003]);
});

test('says so when all are taken', () => {
  const pool = new PortPool(() => new Set(Array.from({ length: 10_000 }, (_, n) => 20_000 + n)));
  assert.throws(() => pool.take(), /no free port from 20000 to 29999/);
});
