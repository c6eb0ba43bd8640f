import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metric, RequestMetrics } from './metrics.ts';

test('a metric is written with its help and type', () => {
  assert.equal(
    metric('a_total', 'counter', 'All of a.', [['{b="c"}', 2]]),
    '# HELP a_total All of a.\n# TYPE a_total counter\na_total{b="c"} 2\n',
  );
});

test('buckets count what is at most their bound, and answers are counted by class', () => {
  const metrics = new RequestMetrics();
  metrics.observe(200, 0.005);
  metrics.observe(503, 0.2);
  metrics.observe(undefined, 100);
  const text = metrics.text();
  assert.match(text, /_total\{code="2xx"\} 1\n/);
  assert.match(text, /_total\{code="aborted"\} 1\n/);
  assert.match(text, /_bucket\{le="0.005"\} 1\n/);
  assert.match(text, /_bucket\{le="0.25"\} 2\n/);
  assert.match(text, /_bucket\{le="60"\} 2\n/);
  assert.match(text, /_bucket\{le="\+Inf"\} 3\n/);
  assert.match(text, /_count 3\n/);
});
