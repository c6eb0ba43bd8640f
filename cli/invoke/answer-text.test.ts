import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headText, statusText, timingLines } from './answer-text.ts';

test('the head of an answer is shown as it came, without what commands a terminal', () => {
  assert.equal(headText(404, ['X-A', '1', 'x-b', '\u001b[2J']), 'HTTP/1.1 404 Not Found\nX-A: 1\nx-b: �[2J\n');
  assert.equal(statusText(599), '599');
});

test('a cold start says how much of the time was waiting for a replica', () => {
  const headers = {
    'x-request-id': 'r-1',
    'server-timing': 'queue;dur=1.2, cold;dur=312.4, fn;dur=3',
    'x-catnap-cold-start': 'true',
  };
  assert.deepEqual(timingLines(headers, 340.4, 350.6), [
    'x-request-id: r-1',
    'server-timing: queue;dur=1.2, cold;dur=312.4, fn;dur=3',
    'first byte after 340 ms, all after 351 ms',
    'a cold start: 312 ms of it until a replica was ready',
  ]);
  assert.deepEqual(timingLines({}, 1, 2), ['x-request-id: (none)', 'first byte after 1 ms, all after 2 ms']);
});
