import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry, informerMetrics, workQueueMetrics } from './metrics.ts';

test('the age of an informer is asked for at each scrape, until it ends', async () => {
  const registry = createRegistry();
  const metrics = informerMetrics(registry);
  let age = 1;
  const untrack = metrics.trackAge('pods', () => age);
  assert.match(await registry.metrics(), /^catnap_informer_age_seconds\{resource="pods"\} 1$/m);
  age = 2.5;
  assert.match(await registry.metrics(), /^catnap_informer_age_seconds\{resource="pods"\} 2.5$/m);
  untrack();
  assert.doesNotMatch(await registry.metrics(), /catnap_informer_age_seconds\{/);
});

test('of two informers of one kind the older age counts', async () => {
  const registry = createRegistry();
  const metrics = informerMetrics(registry);
  metrics.trackAge('pods', () => 7);
  metrics.trackAge('pods', () => 3);
  assert.match(await registry.metrics(), /^catnap_informer_age_seconds\{resource="pods"\} 7$/m);
});

test('counts what informers and queues do', async () => {
  const registry = createRegistry();
  const informers = informerMetrics(registry);
  const queues = workQueueMetrics(registry);
  informers.relisted('pods');
  informers.watchEnded('pods', 'gone');
  queues.trackDepth('functions', () => 4);
  queues.ran('functions', 0.1, true);
  queues.retried('functions');
  const text = await registry.metrics();
  assert.match(text, /^catnap_informer_lists_total\{resource="pods"\} 1$/m);
  assert.match(text, /^catnap_informer_watch_ends_total\{resource="pods",reason="gone"\} 1$/m);
  assert.match(text, /^catnap_work_queue_depth\{queue="functions"\} 4$/m);
  assert.match(text, /^catnap_work_queue_run_seconds_count\{queue="functions",result="failed"\} 1$/m);
  assert.match(text, /^catnap_work_queue_retries_total\{queue="functions"\} 1$/m);
});

test('a process has its own registry, with the figures of its runtime', async () => {
  assert.match(await createRegistry().metrics(), /^process_resident_memory_bytes \d+/m);
  assert.match(await createRegistry().metrics(), /^nodejs_eventloop_lag_seconds /m);
});
