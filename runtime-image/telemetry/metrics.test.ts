import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram, RequestMetrics } from './metrics.ts';
import { metric, metricsText } from './metrics-text.ts';

const START = { phases: { boot: 0.02, read: 0.001, import: 0.1, init: 0, listen: 0.002 }, imports: {} };
const USAGE = {
  cpuUserMicros: 1_500_000,
  cpuSystemMicros: 500_000,
  residentBytes: 1,
  heapUsedBytes: 2,
  heapTotalBytes: 3,
  externalBytes: 4,
  startTimeSeconds: 5,
  openFiles: undefined,
  eventLoop: { lagSeconds: 0.001, worstLagSeconds: 0.002, busySeconds: 3 },
  collections: new Map<string, Histogram>(),
};
const textOf = (
  requests: RequestMetrics,
  { imports = {}, ...usage }: Partial<typeof USAGE & { imports: object }> = {},
) =>
  metricsText(
    requests,
    { start: { ...START, imports: { ...imports } }, inFlight: 1, waitUntilPending: 2 },
    { ...USAGE, ...usage },
  );

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
  const text = textOf(metrics);
  assert.match(text, /_total\{code="2xx"\} 1\n/);
  assert.match(text, /_total\{code="aborted"\} 1\n/);
  assert.match(text, /_bucket\{le="0.005"\} 1\n/);
  assert.match(text, /_bucket\{le="0.25"\} 2\n/);
  assert.match(text, /_bucket\{le="60"\} 2\n/);
  assert.match(text, /_bucket\{le="\+Inf"\} 3\n/);
  assert.match(text, /_count 3\n/);
});

test('collections are counted by kind', () => {
  const minor = new Histogram([0.001, 0.01]);
  minor.observe(0.005);
  const text = textOf(new RequestMetrics(), { collections: new Map([['minor', minor]]) });
  assert.match(text, /nodejs_gc_duration_seconds_bucket\{kind="minor",le="0.001"\} 0\n/);
  assert.match(text, /nodejs_gc_duration_seconds_bucket\{kind="minor",le="0.01"\} 1\n/);
  assert.match(text, /nodejs_gc_duration_seconds_sum\{kind="minor"\} 0.005\n/);
});

test('the name of a module is written as Prometheus wants it', () => {
  const text = textOf(new RequestMetrics(), { imports: { 'a\\"b\n': 0.5 } });
  assert.match(text, /catnap_runtime_import_seconds\{module="a\\\\\\"b\\n"\} 0.5\n/);
});

test('the system need not tell how many files are open', () => {
  assert.doesNotMatch(textOf(new RequestMetrics()), /process_open_fds/);
});
