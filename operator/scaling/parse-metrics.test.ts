import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRIC } from '#api/metric-names.ts';
import { parseActivatorMetrics } from './parse-metrics.ts';

const LABELS = '{namespace="default",function="hello"}';

test('reads the metrics that count of each function and passes over the rest', () => {
  const samples = parseActivatorMetrics(
    [
      `# HELP ${METRIC.concurrency} Requests in flight or waiting now.`,
      `# TYPE ${METRIC.concurrency} gauge`,
      `${METRIC.concurrency}${LABELS} 3`,
      `${METRIC.concurrencySeconds}${LABELS} 12.5`,
      `${METRIC.concurrencySeconds}{function="other",namespace="default"} 1e-3 1700000000000`,
      'process_cpu_seconds_total 4',
      `something_else${LABELS} 9`,
      '',
    ].join('\n'),
  );
  const loadOf = (key: string) => samples.get(key)?.loads.get('');
  assert.deepEqual(loadOf('default/hello'), { concurrencySeconds: 12.5, concurrency: 3, requests: 0 });
  assert.deepEqual(loadOf('default/other'), { concurrencySeconds: 0.001, concurrency: 0, requests: 0 });
  assert.equal(samples.size, 2);
});

test('adds up series that differ in further labels', () => {
  const line = (code: string) => `${METRIC.requests}{namespace="default",function="hello",code="${code}"} 2`;
  const sample = parseActivatorMetrics(`${line('200')}\n${line('500')}`).get('default/hello');
  assert.equal(sample?.loads.get('')?.requests, 4);
});

test('tells the requests of revisions apart', () => {
  const line = (revision: string, value: number) =>
    `${METRIC.requests}{namespace="default",function="hello",revision="${revision}"} ${value}`;
  const sample = parseActivatorMetrics(`${line('hello-1', 5)}\n${line('hello-2', 1)}`).get('default/hello');
  assert.deepEqual(
    [...(sample?.loads ?? [])].map(([revision, { requests }]) => [revision, requests]),
    [
      ['hello-1', 5],
      ['hello-2', 1],
    ],
  );
});

test('reads which revision requests go to', () => {
  const line = `${METRIC.chosenRevision}{namespace="default",function="hello",revision="hello-2"} 1`;
  assert.equal(parseActivatorMetrics(line).get('default/hello')?.revision, 'hello-2');
  assert.equal(parseActivatorMetrics(`${METRIC.requests}${LABELS} 1`).get('default/hello')?.revision, undefined);
});

test('what is no number does not count', () => {
  assert.equal(parseActivatorMetrics(`${METRIC.requests}${LABELS} NaN`).size, 0);
});
