/** What a replica says at `/metrics`, in Prometheus' text format. Names that prom-client has too mean the same. Pure. */
import type { Histogram, RequestMetrics } from './metrics.ts';
import type { ReplicaState } from './metrics-sources.ts';

export interface ProcessUsage {
  cpuUserMicros: number;
  cpuSystemMicros: number;
  residentBytes: number;
  heapUsedBytes: number;
  heapTotalBytes: number;
  externalBytes: number;
  startTimeSeconds: number;
  /** undefined: the system does not tell. */
  openFiles: number | undefined;
  eventLoop: {
    /** Delay of the event loop now, in seconds. */
    lagSeconds: number;
    /** Worst delay since the last reading, in seconds. */
    worstLagSeconds: number;
    /** Time since the start in which it was not idle, in seconds. */
    busySeconds: number;
  };
  /** By kind, in seconds. */
  collections: ReadonlyMap<string, Histogram>;
}

export function metricsText(requests: RequestMetrics, replica: ReplicaState, usage: ProcessUsage): string {
  return [...requestTexts(requests), ...replicaTexts(replica), ...processTexts(usage)].join('');
}

function requestTexts({ byCode, durations }: RequestMetrics): string[] {
  const codes = [...byCode].map(([code, count]) => [labels({ code }), count] as const);
  return [
    metric('catnap_runtime_requests_total', 'counter', 'Requests that are over, by class of status.', codes),
    metric(
      'catnap_runtime_request_duration_seconds',
      'histogram',
      'From letting a request in to the end of its answer.',
      histogram(durations),
    ),
  ];
}

function replicaTexts({ start: { phases, imports }, inFlight, waitUntilPending }: ReplicaState): string[] {
  const starts = Object.entries(phases).map(([phase, seconds]) => [labels({ phase }), seconds] as const);
  const modules = Object.entries(imports).map(([module, seconds]) => [labels({ module }), seconds] as const);
  return [
    gauge('catnap_runtime_in_flight', 'Requests let in and not yet answered.', inFlight),
    gauge('catnap_runtime_wait_until_pending', 'Promises given to waitUntil that have not settled.', waitUntilPending),
    metric(
      'catnap_runtime_start_seconds',
      'gauge',
      'Time that each phase of the start took; together, until requests were let in.',
      starts,
    ),
    metric(
      'catnap_runtime_import_seconds',
      'gauge',
      "Of the import phase, the time that the slowest of the function's own modules and packages took, each without what it imports.",
      modules,
    ),
  ];
}

function processTexts(usage: ProcessUsage): string[] {
  const { eventLoop, openFiles } = usage;
  const cpu = (usage.cpuUserMicros + usage.cpuSystemMicros) / 1e6;
  const collections = [...usage.collections].flatMap(([kind, durations]) => histogram(durations, { kind }));
  return [
    counter(
      'catnap_runtime_event_loop_busy_seconds_total',
      'Time in which the event loop was not idle: its rate is the share of one processor that is spoken for.',
      eventLoop.busySeconds,
    ),
    counter('process_cpu_seconds_total', 'CPU time, user and system.', cpu),
    gauge('process_resident_memory_bytes', 'Resident memory.', usage.residentBytes),
    gauge('process_start_time_seconds', 'Start of the process, unix time.', usage.startTimeSeconds),
    ...(openFiles === undefined ? [] : [gauge('process_open_fds', 'Open file descriptors.', openFiles)]),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', usage.heapUsedBytes),
    gauge('nodejs_heap_size_total_bytes', 'Heap reserved.', usage.heapTotalBytes),
    gauge('nodejs_external_memory_bytes', 'Memory outside of the heap, such as buffers.', usage.externalBytes),
    gauge('nodejs_eventloop_lag_seconds', 'Event loop delay at the scrape.', eventLoop.lagSeconds),
    gauge(
      'nodejs_eventloop_lag_max_seconds',
      'Worst event loop delay since the last scrape.',
      eventLoop.worstLagSeconds,
    ),
    metric(
      'nodejs_gc_duration_seconds',
      'histogram',
      'Garbage collections since the first scrape, by kind.',
      collections,
    ),
  ];
}

type Sample = readonly [suffix: string, value: number];

/** One metric in Prometheus' text format. Each sample's suffix is the rest of its name and its labels. */
export function metric(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(([suffix, value]) => `${name}${suffix} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function gauge(name: string, help: string, value: number): string {
  return metric(name, 'gauge', help, [['', value]]);
}

function counter(name: string, help: string, value: number): string {
  return metric(name, 'counter', help, [['', value]]);
}

function histogram({ bounds, counts, sum, count }: Histogram, by: Readonly<Record<string, string>> = {}): Sample[] {
  let below = 0;
  const buckets = bounds.map((bound, index): Sample => {
    below += counts[index] ?? 0;
    return [`_bucket${labels({ ...by, le: String(bound) })}`, below];
  });
  const rest: Sample[] = [
    [`_bucket${labels({ ...by, le: '+Inf' })}`, count],
    [`_sum${labels(by)}`, sum],
    [`_count${labels(by)}`, count],
  ];
  return [...buckets, ...rest];
}

/** `{a="b"}`; '' without any. */
function labels(by: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(by).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
