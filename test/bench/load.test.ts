import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mebibytes, milliseconds, parseWrk } from './load.ts';

test("wrk's times are read in each of their units", () => {
  assert.deepEqual(['250.00us', '1.20ms', '1.01s'].map(milliseconds), [0.25, 1.2, 1010]);
});

test("wrk's amounts are read in each of their units", () => {
  assert.deepEqual(['512.00KB', '3.20MB', '1.50GB'].map(mebibytes), [0.5, 3.2, 1536]);
});

const PRINTED = `Running 3s test @ http://127.0.0.1:35000/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.28ms  501.33us  12.11ms   91.30%
    Req/Sec    50.10k     2.11k   53.70k    73.33%
  Latency Distribution
     50%    1.21ms
     75%    1.40ms
     90%  990.00us
     99%    2.90ms
  149523 requests in 3.00s, 23.10MB read
`;

test('what wrk prints is read', () => {
  const read = parseWrk(`${PRINTED}Requests/sec:  49822.19\nTransfer/sec:      7.70MB\n`);
  assert.deepEqual(read, { requestsPerSecond: 49822.19, mibPerSecond: 7.7, p50Ms: 1.21, p99Ms: 2.9, errors: 0 });
});

test('refused requests and broken connections are errors', () => {
  const troubles = '  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 40\n';
  assert.equal(parseWrk(`${PRINTED}${troubles}Requests/sec: 1.00\nTransfer/sec: 1.00KB\n`).errors, 46);
});
