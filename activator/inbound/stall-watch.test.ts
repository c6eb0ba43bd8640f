import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteCounts, StallWatch } from './stall-watch.ts';

const counts = (over: Partial<ByteCounts> = {}) => ({ bytesRead: 10, bytesWritten: 0, writableLength: 0, ...over });

test('a client that owes a body and sends none stalls since the last byte that came', () => {
  const watch = new StallWatch();
  assert.equal(watch.look(counts(), true, 1_000), undefined);
  assert.deepEqual(watch.look(counts(), true, 3_000), { within: 'body', forMs: 2_000 });
  assert.equal(watch.look(counts({ bytesRead: 11 }), true, 4_000), undefined);
  assert.deepEqual(watch.look(counts({ bytesRead: 11 }), true, 4_500), { within: 'body', forMs: 500 });
});

test('one that does not take its answer stalls within that, whatever else it owes', () => {
  const watch = new StallWatch();
  const full = counts({ writableLength: 1 });
  watch.look(full, true, 0);
  assert.deepEqual(watch.look(full, true, 100), { within: 'answer', forMs: 100 });
});

test('one that only waits for its answer does not stall, however long that takes', () => {
  const watch = new StallWatch();
  watch.look(counts(), true, 0);
  assert.equal(watch.look(counts(), false, 60_000), undefined);
  assert.deepEqual(watch.look(counts(), true, 60_100), { within: 'body', forMs: 100 });
});
