/** docs/metrics.md tells of every metric there is, in the words that the processes themselves use. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Registry } from 'prom-client';
import { deliveryMetrics } from '../activator/deliveries/delivery-metrics.ts';
import { PeerCounts } from '../activator/peers/counts.ts';
import { issuerMetrics } from '../activator/policy/access/issuer-metrics.ts';
import { registerLimitMetrics } from '../activator/policy/rate-limits/limit-metrics.ts';
import { ColdStarts } from '../activator/telemetry/cold-start-metrics.ts';
import { FunctionCounters } from '../activator/telemetry/function-counters.ts';
import { activatorMetrics, TEXT_METRICS } from '../activator/telemetry/metrics.ts';
import {
  dispatcherCounters,
  deliveryMetrics as dispatcherDeliveries,
  dispatcherGauges,
} from '../dispatcher/metrics.ts';
import { keeperCounters, keeperGauges } from '../log-keeper/metrics.ts';
import { operatorMetrics } from '../operator/metrics.ts';
import { createRegistry, informerMetrics, leaderMetric, workQueueMetrics } from '../platform/process/metrics.ts';
import { Histogram, RequestMetrics } from '../runtime-image/telemetry/metrics.ts';
import { metricsText, type ProcessUsage } from '../runtime-image/telemetry/metrics-text.ts';

interface Metric {
  name: string;
  type: string;
  labels: readonly string[];
  help: string;
}

const row = ({ name, type, labels, help }: Metric) =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`;
const isOurs = ({ name }: Metric) => name.startsWith('catnap_');

async function registered(registry: Registry): Promise<Metric[]> {
  const all = (await registry.getMetricsAsJSON()) as unknown as { name: string; type: string; help: string }[];
  const labels = new Map(
    registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      return [name, labelNames];
    }),
  );
  return all.map(({ name, type, help }) => ({ name, type, help, labels: labels.get(name) ?? [] })).filter(isOurs);
}

async function ofActivator(): Promise<Metric[]> {
  const registry = createRegistry();
  informerMetrics(registry);
  const coldStarts = new ColdStarts();
  activatorMetrics(registry, {
    functions: () => [],
    unrouted: new FunctionCounters(coldStarts),
    coldStarts,
    gateway: { connections: 0, upgrades: 0, connectionLimit: { most: 0, refused: 0 } },
    accessLog: { dropped: 0 },
    starts: { parallelCost: 0 },
    peers: { counts: new PeerCounts(), streams: { out: 0, in: 0 } },
  });
  const limiter = { keys: 0, isWhole: true, untold: 0 };
  issuerMetrics(registry);
  registerLimitMetrics(registry, { limiter, exact: { isUp: true, fallbacks: 0 } });
  deliveryMetrics(registry, { running: 0, kept: 0 });
  return [...TEXT_METRICS, ...(await registered(registry))];
}

async function ofOperator(): Promise<Metric[]> {
  const registry = createRegistry();
  leaderMetric(registry, () => true);
  operatorMetrics(registry);
  informerMetrics(registry);
  workQueueMetrics(registry);
  return await registered(registry);
}

async function ofLogKeeper(): Promise<Metric[]> {
  const registry = createRegistry();
  informerMetrics(registry);
  keeperCounters(registry);
  const none = () => 0;
  keeperGauges(registry, {
    followed: none,
    open: none,
    waiting: none,
    storedBytes: none,
    functions: none,
    readers: none,
  });
  return await registered(registry);
}

async function ofDispatcher(): Promise<Metric[]> {
  const registry = createRegistry();
  dispatcherCounters(registry);
  dispatcherDeliveries(registry, () => true);
  informerMetrics(registry);
  const store = () => Promise.reject(new Error('there is none'));
  dispatcherGauges(registry, { store, unaccounted: () => undefined, waits: () => 0 });
  return await registered(registry);
}

/** From the text that a replica gives: names, types and helps of its head lines, labels of its samples. */
function ofRuntime(): Metric[] {
  const requests = new RequestMetrics();
  requests.observe(200, 1);
  const start = { phases: { boot: 0, read: 0, import: 0, init: 0, listen: 0 }, imports: { 'node_modules/a': 1 } };
  const text = metricsText(requests, { start, inFlight: 0, waitUntilPending: 0 }, USAGE);
  const heads = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n\S*?(?:\{(\w+)=.*)?(?:\s|$)/gm)];
  return heads
    .map(([, name = '', help = '', type = '', label = '']) => ({ name, help, type, labels: [label] }))
    .map((metric) => ({ ...metric, labels: metric.labels.filter((label) => label !== '' && label !== 'le') }))
    .filter(isOurs);
}

const USAGE: ProcessUsage = {
  cpuUserMicros: 0,
  cpuSystemMicros: 0,
  residentBytes: 0,
  heapUsedBytes: 0,
  heapTotalBytes: 0,
  externalBytes: 0,
  startTimeSeconds: 0,
  openFiles: 0,
  eventLoop: { lagSeconds: 0, worstLagSeconds: 0, busySeconds: 0 },
  collections: new Map([['minor', new Histogram([1])]]),
};

const documentation = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');

/** Rows of the table below a heading. */
function documented(heading: string): string[] {
  const section = documentation.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').filter((line) => line.startsWith('| `'));
}

const PROCESSES: [heading: string, metrics: () => Metric[] | Promise<Metric[]>][] = [
  ['Activator', ofActivator],
  ['Operator', ofOperator],
  ['Log keeper', ofLogKeeper],
  ['Dispatcher', ofDispatcher],
  ['Functions from source', ofRuntime],
];
for (const [heading, metrics] of PROCESSES) {
  test(`the table of ${heading} has each metric, with its type, labels and help`, async () => {
    assert.deepEqual(documented(heading), (await metrics()).map(row));
  });
}

test('names are in base units and say what counts up', async () => {
  const ours = await Promise.all([ofActivator(), ofOperator(), ofLogKeeper(), ofDispatcher()]);
  const all = [...ours.flat(), ...ofRuntime()];
  for (const { name, type } of all) {
    assert.match(name, /^catnap_(activator|operator|logs|dispatcher|runtime|informer|work_queue|leader)/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/);
  }
});
