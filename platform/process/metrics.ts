/** Prometheus metrics of what platform/ itself does; each process adds its own in its metrics.ts. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { NEVER_SAMPLED_MS, registerLoopLag } from './loop-lag.ts';

/** What an informer reports; `resource` is the plural of its kind. */
export interface InformerMetrics {
  /** Exports the age until the returned function is called. */
  trackAge(resource: string, ageSeconds: () => number): () => void;
  /** All objects were listed. */
  relisted(resource: string): void;
  watchEnded(resource: string, reason: 'closed' | 'idle' | 'gone' | 'failed'): void;
}

/** What a work queue reports; `queue` is its name. */
export interface WorkQueueMetrics {
  /** Exports the depth until the returned function is called. */
  trackDepth(queue: string, depth: () => number): () => void;
  ran(queue: string, seconds: number, failed: boolean): void;
  retried(queue: string): void;
}

/** What `/metrics` gives. */
export interface MetricsSource {
  readonly contentType: string;
  /** In Prometheus' text format. @param names of the metrics that are wanted; absent: all. */
  bytes(names?: ReadonlySet<string>): Promise<readonly Buffer[]>;
}

export function metricsOf(registry: Registry): MetricsSource {
  return {
    contentType: registry.contentType,
    async bytes(names) {
      if (names === undefined) return [Buffer.from(await registry.metrics())];
      const known = [...names].filter((name) => registry.getSingleMetric(name) !== undefined);
      const texts = await Promise.all(known.map((name) => registry.getSingleMetricAsString(name)));
      return texts.map((text) => Buffer.from(`${text}\n`));
    },
  };
}

/** A registry of its own for a process, with Node's default metrics. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_SAMPLED_MS });
  registerLoopLag(registry);
  return registry;
}

/** Call once per registry: a metric cannot be registered twice. */
export function informerMetrics(registry: Registry): InformerMetrics {
  const registers = [registry];
  const labelNames = ['resource'] as const;
  const ages = trackedGauge(registry, {
    name: 'catnap_informer_age_seconds',
    help: 'Since the API server last said anything about this kind, a bookmark at least; the oldest where several watch it.',
    label: 'resource',
    combine: Math.max,
  });
  const lists = new Counter({
    name: 'catnap_informer_lists_total',
    help: 'Times all objects were listed.',
    labelNames,
    registers,
  });
  const ends = new Counter({
    name: 'catnap_informer_watch_ends_total',
    help: 'Watches that ended: closed by the server in time, idle, gone (410), failed.',
    labelNames: [...labelNames, 'reason'] as const,
    registers,
  });
  return {
    trackAge: ages,
    relisted: (resource) => lists.inc({ resource }),
    watchEnded: (resource, reason) => ends.inc({ resource, reason }),
  };
}

/** Call once per registry: a metric cannot be registered twice. */
export function workQueueMetrics(registry: Registry): WorkQueueMetrics {
  const registers = [registry];
  const depths = trackedGauge(registry, {
    name: 'catnap_work_queue_depth',
    help: 'Keys that are due and do not run yet.',
    label: 'queue',
    combine: (a, b) => a + b,
  });
  const seconds = new Histogram({
    name: 'catnap_work_queue_run_seconds',
    help: 'Time that one run of a key took.',
    labelNames: ['queue', 'result'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const retries = new Counter({
    name: 'catnap_work_queue_retries_total',
    help: 'Runs that failed and are tried again.',
    labelNames: ['queue'] as const,
    registers,
  });
  return {
    trackDepth: depths,
    ran: (queue, took, failed) => seconds.observe({ queue, result: failed ? 'failed' : 'done' }, took),
    retried: (queue) => retries.inc({ queue }),
  };
}

/** Call once per registry. @param leading whether this process does the work that only one of its kind may do. */
export function leaderMetric(registry: Registry, leading: () => boolean): void {
  new Gauge({
    name: 'catnap_leader',
    help: '1 in the process that does the work, 0 in one that stands by.',
    registers: [registry],
    collect() {
      this.set(leading() ? 1 : 0);
    },
  });
}

interface TrackedGauge {
  name: string;
  help: string;
  label: string;
  /** Of two sources with the same label. */
  combine: (a: number, b: number) => number;
}

/** A gauge that asks its sources whenever it is read. Returns how to add one, which returns how to take it away. */
function trackedGauge(registry: Registry, { name, help, label, combine }: TrackedGauge) {
  const sources = new Set<{ value: string; read: () => number }>();
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      const values = new Map<string, number>();
      for (const { value, read } of sources) {
        const before = values.get(value);
        values.set(value, before === undefined ? read() : combine(before, read()));
      }
      for (const [value, reading] of values) this.set({ [label]: value }, reading);
    },
  });
  return (value: string, read: () => number) => {
    const source = { value, read };
    sources.add(source);
    return () => void sources.delete(source);
  };
}
