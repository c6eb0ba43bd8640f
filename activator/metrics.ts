import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { METRIC } from '#api/metric-names.ts';
import { COLD_START_BUCKETS_SECONDS } from './histogram.ts';
import type { Traffic } from './traffic.ts';

const BY_FUNCTION = ['namespace', 'function'] as const;
const COLD_START = 'catnap_activator_cold_start_seconds';

/**
 * Registers the activator's metrics. What requests count are plain numbers in `Traffic`; they become samples here, when
 * somebody asks. A function that had neither a request nor a pod has no samples.
 */
export function registerMetrics(registry: Registry, all: () => Iterable<Traffic>): void {
  const traffics = () => [...all()].filter((traffic) => traffic.requests > 0 || traffic.pods > 0);
  const registers = [registry];
  new Counter({
    name: METRIC.concurrencySeconds,
    help: 'Requests in flight or waiting, integrated over time.',
    labelNames: BY_FUNCTION,
    registers,
    collect() {
      this.reset();
      for (const traffic of traffics()) this.inc(labelsOf(traffic), traffic.concurrencySeconds());
    },
  });
  new Gauge({
    name: METRIC.concurrency,
    help: 'Requests in flight or waiting now.',
    labelNames: BY_FUNCTION,
    registers,
    collect() {
      this.reset();
      for (const traffic of traffics()) this.set(labelsOf(traffic), traffic.inFlight + traffic.waiting);
    },
  });
  new Counter({
    name: METRIC.requests,
    help: 'Requests received.',
    labelNames: BY_FUNCTION,
    registers,
    collect() {
      this.reset();
      for (const traffic of traffics()) this.inc(labelsOf(traffic), traffic.requests);
    },
  });
  new Counter({
    name: 'catnap_activator_responses_total',
    help: 'Answers begun, by status code; the gateway’s own are among them.',
    labelNames: [...BY_FUNCTION, 'code'],
    registers,
    collect() {
      this.reset();
      for (const traffic of traffics()) {
        for (const [code, count] of traffic.answers) this.inc({ ...labelsOf(traffic), code }, count);
      }
    },
  });
  registerColdStarts(registry, traffics);
}

/** As a histogram's three series, from counts that are kept elsewhere. */
function registerColdStarts(registry: Registry, traffics: () => Iterable<Traffic>): void {
  registry.registerMetric({
    name: COLD_START,
    async get() {
      const values = [];
      for (const traffic of traffics()) {
        const { coldStarts } = traffic;
        if (coldStarts.count === 0) continue;
        const labels = labelsOf(traffic);
        for (const [i, le] of COLD_START_BUCKETS_SECONDS.entries()) {
          values.push({ metricName: `${COLD_START}_bucket`, labels: { ...labels, le }, value: coldStarts.counts[i] });
        }
        values.push({ metricName: `${COLD_START}_bucket`, labels: { ...labels, le: '+Inf' }, value: coldStarts.count });
        values.push({ metricName: `${COLD_START}_sum`, labels, value: coldStarts.sum });
        values.push({ metricName: `${COLD_START}_count`, labels, value: coldStarts.count });
      }
      const help = 'From the first request that waited to the first replica that answered.';
      return { name: COLD_START, help, type: 'histogram', values, aggregator: 'sum' };
    },
  } as never);
}

function labelsOf({ view }: Traffic): { namespace: string; function: string } {
  return { namespace: view.namespace, function: view.name };
}
