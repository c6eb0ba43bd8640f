import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type MetricsSource, metricsOf } from '#platform/process/metrics.ts';
import { thrownCounts } from '../errors/guarded-entries.ts';
import { type PeerFigures, registerPeerMetrics } from '../peers/peer-metrics.ts';
import type { ColdStarts } from './cold-start-metrics.ts';
import type { FunctionCounters } from './function-counters.ts';
import { type CountedFunction, FUNCTION_METRICS, functionLabels, isCounted, withLabel } from './function-metrics.ts';
import { type MetricFamily, MetricText } from './prometheus-text.ts';

/** What the activator's metrics are read from at each scrape. */
export interface ActivatorParts {
  functions: () => Iterable<CountedFunction>;
  /** Requests for which no function was found. */
  unrouted: FunctionCounters;
  coldStarts: ColdStarts;
  gateway: {
    readonly connections: number;
    readonly upgrades: number;
    readonly connectionLimit: { readonly most: number; readonly refused: number };
  };
  accessLog: { readonly dropped: number };
  starts: { readonly parallelCost: number };
  peers: PeerFigures;
}

/** About a millisecond's work; then requests have their turn. */
const FUNCTIONS_PER_TURN = 50;

const COLD_PHASES_METRIC: MetricFamily = {
  name: 'catnap_activator_cold_start_phase_seconds',
  type: 'histogram',
  help: 'What cold starts consist of, of all functions: until the scale call is done, the pod is on a node, has an address, answers a probe, and until the first answer begins.',
  labels: ['phase'],
};
const FAILURES = 'catnap_activator_failures_total';

/** The metrics that are not in the registry; for their documentation. */
export const TEXT_METRICS: readonly MetricFamily[] = [...FUNCTION_METRICS, COLD_PHASES_METRIC];

/** `registry` and all that the activator counts itself: plain numbers, which become text here. Once per registry. */
export function activatorMetrics(registry: Registry, parts: ActivatorParts): MetricsSource {
  registerGauges(registry, parts);
  registerLimit(registry, parts);
  registerThrown(registry);
  registerStarts(registry, parts);
  const rest = metricsOf(registry);
  return {
    contentType: rest.contentType,
    async bytes(names) {
      const own = await functionBytes(parts, names);
      return [...own, ...phasesBytes(parts.coldStarts, names), ...(await rest.bytes(names))];
    },
  };
}

function registerGauges(registry: Registry, { gateway, accessLog, peers }: ActivatorParts): void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_activator_connections',
    help: 'Connections of clients that are open.',
    registers,
    collect() {
      this.set(gateway.connections);
    },
  });
  new Gauge({
    name: 'catnap_activator_upgraded_connections',
    help: 'Those of them that are upgraded, such as WebSockets; each is a request in flight.',
    registers,
    collect() {
      this.set(gateway.upgrades);
    },
  });
  new Counter({
    name: 'catnap_activator_access_log_dropped_lines_total',
    help: 'Lines of the access log that were lost because standard output did not take them fast enough.',
    registers,
    collect() {
      this.reset();
      this.inc(accessLog.dropped);
    },
  });
  registerPeerMetrics(registry, peers);
}

function registerLimit(registry: Registry, { gateway }: ActivatorParts): void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_activator_connections_max',
    help: 'Connections of clients that may be open at once.',
    registers,
    collect() {
      this.set(gateway.connectionLimit.most);
    },
  });
  new Counter({
    name: 'catnap_activator_refused_connections_total',
    help: 'Connections of clients that were closed at once because as many were open as may be.',
    registers,
    collect() {
      this.reset();
      this.inc(gateway.connectionLimit.refused);
    },
  });
}

function registerStarts(registry: Registry, { starts }: ActivatorParts): void {
  new Gauge({
    name: 'catnap_activator_learned_parallel_start_cost',
    help: 'What was learned of several starts at once on this cluster: by what part each further one makes all of them longer.',
    registers: [registry],
    collect() {
      this.set(starts.parallelCost);
    },
  });
}

function registerThrown(registry: Registry): void {
  new Counter({
    name: 'catnap_activator_internal_errors_total',
    help: 'Errors in the gateway itself, each of which ended one request or connection, by where the outside had called in; the log has their stacks.',
    labelNames: ['entry'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [entry, count] of thrownCounts()) this.inc({ entry }, count);
    },
  });
}

async function functionBytes({ functions, unrouted }: ActivatorParts, names?: ReadonlySet<string>): Promise<Buffer[]> {
  const wanted = FUNCTION_METRICS.filter(({ name }) => names === undefined || names.has(name));
  const texts = wanted.map((family) => new MetricText(family));
  let inThisTurn = 0;
  // A copy: functions come and go between turns.
  for (const fn of wanted.length > 0 ? [...functions()] : []) {
    if (!isCounted(fn)) continue;
    if (inThisTurn === FUNCTIONS_PER_TURN) {
      for (const text of texts) text.settle();
      await nextTurn();
      inThisTurn = 0;
    }
    inThisTurn += 1;
    const labels = functionLabels(fn);
    for (const [i, metric] of wanted.entries()) metric.write(fn, labels, texts[i] as MetricText);
  }
  const failures = texts[wanted.findIndex(({ name }) => name === FAILURES)];
  for (const [error, count] of unrouted.failures) failures?.add(withLabel('', `error="${error}"`), count);
  return texts.flatMap((text) => text.bytes());
}

function phasesBytes({ phases }: ColdStarts, names: ReadonlySet<string> | undefined): readonly Buffer[] {
  if (names !== undefined && !names.has(COLD_PHASES_METRIC.name)) return [];
  const out = new MetricText(COLD_PHASES_METRIC);
  for (const [phase, histogram] of phases) out.addHistogram(`phase="${phase}"`, histogram);
  return out.bytes();
}
