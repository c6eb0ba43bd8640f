import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESS_COUNT, freeAddress, freeNodePort, NODE_PORT_COUNT } from './service-ranges.ts';

test('the next free one is taken, at the end from the beginning', () => {
  assert.equal(freeAddress(new Set(['127.0.16.1']), 0), '127.0.16.2');
  assert.equal(freeAddress(new Set(['127.0.255.254']), ADDRESS_COUNT - 1), '127.0.16.1');
  assert.equal(freeNodePort(new Set([30_000]), 0), 30_001);
  assert.equal(freeNodePort(new Set([32_767]), NODE_PORT_COUNT - 1), 30_000);
});

test('of a full range nothing is given', () => {
  const all = new Set(Array.from({ length: NODE_PORT_COUNT }, (_, index) => 30_000 + index));
  assert.equal(freeNodePort(all, 5), undefined);
});
