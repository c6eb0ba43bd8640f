import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastBusy } from './balance.ts';

const replicas = (...inFlight: number[]) => inFlight.map((count, name) => ({ name, inFlight: count }));

test('takes the replica with the fewest requests', () => {
  assert.equal(leastBusy(replicas(3, 1, 2), 0, 0)?.name, 1);
});

test('of equally busy ones takes the first from where it starts', () => {
  assert.equal(leastBusy(replicas(1, 1, 1), 0, 2)?.name, 2);
  assert.equal(leastBusy(replicas(0, 0, 0), 0, 7)?.name, 1);
});

test('takes none when all are at the limit', () => {
  assert.equal(leastBusy(replicas(2, 2), 2, 0), undefined);
});

test('takes one that has room for a last request', () => {
  assert.equal(leastBusy(replicas(2, 1), 2, 0)?.name, 1);
});

test('without a limit takes the least busy however busy it is', () => {
  assert.equal(leastBusy(replicas(5_000, 4_000), 0, 0)?.name, 1);
});

test('takes none of none', () => {
  assert.equal(leastBusy([], 0, 3), undefined);
});
