import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';

test('a replica tells of its requests, its promises, its event loop, its memory and its collections', async () => {
  await using replica = await replicaOf(`
    const busyMs = (ms: number) => { const end = performance.now() + ms; while (performance.now() < end); };
    export default (request: Request, { waitUntil }) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/later') waitUntil(new Promise((resolve) => setTimeout(resolve, 60_000)));
      if (pathname === '/settled') waitUntil(Promise.reject(new Error('no matter')));
      if (pathname === '/busy') busyMs(1_200);
      if (pathname === '/garbage') for (let i = 0; i < 200; i++) new Array(100_000).fill(i);
      return 'ok';
    };`);
  const origin = await replica.origin();
  // From then on it is watched.
  await replica.metrics();
  for (const path of ['/later', '/later', '/settled', '/garbage', '/busy']) await fetch(origin + path);
  await replica.line((line) => line.msg === 'waitUntil failed');
  const text = await replica.metrics();
  const value = (name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  assert.equal(value('catnap_runtime_requests_total{code="2xx"}'), 5);
  assert.equal(value('catnap_runtime_in_flight'), 0);
  assert.equal(value('catnap_runtime_wait_until_pending'), 2);
  assert.ok(value('nodejs_eventloop_lag_max_seconds') > 0.6, text);
  assert.ok(value('nodejs_eventloop_lag_seconds') < 1, text);
  assert.ok(value('catnap_runtime_event_loop_busy_seconds_total') > 1.2, text);
  assert.ok(value('process_open_fds') > 5 && value('process_open_fds') < 100, text);
  assert.ok(value('nodejs_heap_size_used_bytes') > 1e6 && value('nodejs_external_memory_bytes') > 1e5, text);
  const collections =
    value('nodejs_gc_duration_seconds_count{kind="minor"}') + value('nodejs_gc_duration_seconds_count{kind="major"}');
  assert.ok(collections >= 1, text);
  // Of the worst delay since the last reading.
  assert.match(
    await replica.metrics(),
    /^nodejs_eventloop_lag_max_seconds 0\.[0-3]\d*$|^nodejs_eventloop_lag_max_seconds 0$/m,
  );
});
