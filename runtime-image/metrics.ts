/** Upper bounds of the duration histogram, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** By the first digit of a status. */
const CODES = ['', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Requests that are over: how many by class of status, and how long they took. */
export class RequestMetrics {
  readonly #byCode = new Map<string, number>();
  readonly #buckets = new Array<number>(BUCKETS.length).fill(0);
  #sum = 0;
  #count = 0;

  /** @param status undefined: the client left, or the answer was broken off. */
  observe(status: number | undefined, seconds: number): void {
    const code = status === undefined ? 'aborted' : (CODES[Math.trunc(status / 100)] ?? String(status));
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
    if (bucket < BUCKETS.length) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#sum += seconds;
    this.#count++;
  }

  text(): string {
    const codes = [...this.#byCode].map(([code, count]) => [`{code="${code}"}`, count] as const);
    let below = 0;
    const buckets = BUCKETS.map((bound, index) => {
      below += this.#buckets[index] ?? 0;
      return [`_bucket{le="${bound}"}`, below] as const;
    });
    return (
      metric('catnap_runtime_requests_total', 'counter', 'Requests that are over, by class of status.', codes) +
      metric(
        'catnap_runtime_request_duration_seconds',
        'histogram',
        'From letting a request in to the end of its answer.',
        [...buckets, ['_bucket{le="+Inf"}', this.#count], ['_sum', this.#sum], ['_count', this.#count]],
      )
    );
  }
}

type Sample = readonly [suffix: string, value: number];

/** One metric in Prometheus' text format. Each sample's suffix is the rest of its name and its labels. */
export function metric(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, samples: Sample[]): string {
  const lines = samples.map(([suffix, value]) => `${name}${suffix} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Seconds that each phase of the start took, in order. */
export type StartPhases = Readonly<Record<'boot' | 'read' | 'import' | 'init' | 'listen', number>>;

export interface ProcessUsage {
  cpuUserMicros: number;
  cpuSystemMicros: number;
  residentBytes: number;
  heapUsedBytes: number;
  heapTotalBytes: number;
  startTimeSeconds: number;
  /** Worst delay of the event loop since the last reading. */
  eventLoopLagSeconds: number;
}

export function replicaText(inFlight: number, phases: StartPhases, usage: ProcessUsage): string {
  const starts = Object.entries(phases).map(([phase, seconds]) => [`{phase="${phase}"}`, seconds] as const);
  const cpu = (usage.cpuUserMicros + usage.cpuSystemMicros) / 1e6;
  const lag = usage.eventLoopLagSeconds;
  return [
    metric('catnap_runtime_in_flight', 'gauge', 'Requests let in and not yet answered.', [['', inFlight]]),
    metric('catnap_runtime_start_seconds', 'gauge', 'Time that each phase of the start took.', starts),
    metric('process_cpu_seconds_total', 'counter', 'CPU time, user and system.', [['', cpu]]),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', usage.residentBytes]]),
    metric('process_start_time_seconds', 'gauge', 'Start of the process, unix time.', [['', usage.startTimeSeconds]]),
    metric('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', [['', usage.heapUsedBytes]]),
    metric('nodejs_heap_size_total_bytes', 'gauge', 'Heap reserved.', [['', usage.heapTotalBytes]]),
    metric('catnap_runtime_event_loop_lag_seconds', 'gauge', 'Worst event loop delay since the last scrape.', [
      ['', lag],
    ]),
  ].join('');
}
