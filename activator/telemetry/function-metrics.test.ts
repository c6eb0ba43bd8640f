import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aSummary } from '../testing/test-record.ts';
import { ColdStarts } from './cold-start-metrics.ts';
import { FunctionCounters } from './function-counters.ts';
import { type CountedFunction, FUNCTION_METRICS, functionLabels, isCounted } from './function-metrics.ts';
import { MetricText } from './prometheus-text.ts';

/** One that sleeps, and has had no request. */
function asleep(counters: FunctionCounters): CountedFunction {
  const config = { namespace: 'default', name: 'hello' };
  return { config, requests: 0, pods: 0, waiting: 0, loads: [], counters, learned: undefined, chosen: undefined };
}

test('a function whose requests are stored has series though it sleeps: how many, how long that took', () => {
  const counters = new FunctionCounters(new ColdStarts());
  counters.accepted(true, 0.002);
  counters.accepted(false, 0.004);
  const fn = asleep(counters);
  assert.ok(isCounted(fn));
  const series = FUNCTION_METRICS.filter(({ name }) => name.startsWith('catnap_activator_async_')).flatMap((metric) => {
    const text = new MetricText(metric);
    metric.write(fn, functionLabels(fn), text);
    return Buffer.concat(text.bytes()).toString().split('\n');
  });
  const labels = 'namespace="default",function="hello"';
  for (const line of [
    `catnap_activator_async_accepted_total{${labels},outcome="accepted"} 1`,
    `catnap_activator_async_accepted_total{${labels},outcome="existing"} 1`,
    `catnap_activator_async_durable_seconds_bucket{${labels},le="0.0025"} 1`,
    `catnap_activator_async_durable_seconds_count{${labels}} 2`,
  ]) {
    assert.ok(series.includes(line), line);
  }
});

test('so has one of which requests were refused, whoever refused them', () => {
  const counters = new FunctionCounters(new ColdStarts());
  assert.ok(!isCounted(asleep(counters)));
  counters.finished(aSummary({ status: 503, code: 'AsyncUnavailable' }));
  assert.ok(isCounted(asleep(counters)));
});
