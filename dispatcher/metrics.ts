import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Came } from './delivery/delivery-parts.ts';
import type { When } from './destinations/event.ts';
import type { AsyncPolicy } from './functions/async-policy.ts';
import type { FunctionCounts, Totals } from './store/store.ts';

/** What the store says of itself. */
interface StoreFigures {
  totals: Totals;
  functions: readonly FunctionCounts[];
  /** Absent: the driver has no file. All in bytes. */
  space?: { file: number; free: number; highWater: number; diskFree: number } | undefined;
}

/** Undefined: none are known yet. */
type Figures = () => Promise<StoreFigures | undefined>;

interface Sources {
  /** Rejects while the store does not say: then what it said last stands, and nothing where it has said nothing yet. */
  store: () => Promise<StoreFigures>;
  /** What the store found at its last count; undefined: it has not counted yet. */
  unaccounted: () => number | undefined;
  /** Requests that wait for the end of an invocation. */
  waits: () => number;
}

const OUTCOMES: readonly Came[] = ['done', 'buried', 'again', 'uncounted'];
const TOLD = ['stored', 'dropped', 'missing'] as const;
const STATES = { waiting: 'waiting', leased: 'running', buried: 'buried' } as const;
const COMMIT_BUCKETS = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2];

/** What is counted as it happens. Call once per registry. */
export function dispatcherCounters(registry: Registry) {
  const registers = [registry];
  const commits = new Histogram({
    name: 'catnap_dispatcher_commit_seconds',
    help: 'From handing invocations of a gateway to the store until they were on disk.',
    buckets: COMMIT_BUCKETS,
    registers,
  });
  const answers = new Counter({
    name: 'catnap_dispatcher_intake_answers_total',
    help: 'Requests of gateways that were answered, by status; 401: of others than gateways.',
    labelNames: ['status'] as const,
    registers,
  });
  return {
    committed: (seconds: number) => commits.observe(seconds),
    answered: (status: number) => answers.inc({ status: String(status) }),
  };
}

/**
 * Of deliveries. Call once per registry.
 * @param knows whether the Function of this uid is there: what ends after it has no series any more, for none would take it away
 */
export function deliveryMetrics(registry: Registry, knows: (uid: string) => boolean) {
  const registers = [registry];
  const attempts = new Counter({
    name: 'catnap_dispatcher_attempts_total',
    help: 'Deliveries that are over, by what they came to: done, buried, again, or uncounted (the function did not begin with it: again, and no attempt).',
    labelNames: ['namespace', 'function', 'outcome'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'catnap_dispatcher_delivery_seconds',
    help: 'From leasing an invocation until its delivery was over, the wait for a replica included.',
    labelNames: ['outcome'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 900],
    registers,
  });
  const waits = new Histogram({
    name: 'catnap_dispatcher_wait_seconds',
    help: 'From when an invocation was accepted, or could first run, until its first delivery began.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 3_600],
    registers,
  });
  const lost = new Counter({
    name: 'catnap_dispatcher_lost_leases_total',
    help: 'Deliveries whose end was not written down because their lease was lost, such as to another process.',
    registers,
  });
  const told = new Counter({
    name: 'catnap_dispatcher_destination_events_total',
    help: 'Words of the end of invocations (onSuccess, onFailure): stored for the destination, dropped (no room for it), or missing (the function that is the destination is not there).',
    labelNames: ['namespace', 'function', 'when', 'outcome'] as const,
    registers,
  });
  return {
    told({ uid, namespace, name }: AsyncPolicy, when: When, outcome: (typeof TOLD)[number]): void {
      if (knows(uid)) told.inc({ namespace, function: name, when, outcome });
    },
    delivered({ uid, namespace, name }: AsyncPolicy, outcome: Came, took: number): void {
      if (knows(uid)) attempts.inc({ namespace, function: name, outcome });
      seconds.observe({ outcome }, took);
    },
    waited: (_: AsyncPolicy, took: number): void => waits.observe(took),
    leaseLost: (): void => lost.inc(),
    /** Its series go: functions come and go for as long as the process runs. */
    forget({ namespace, name }: Pick<AsyncPolicy, 'namespace' | 'name'>): void {
      const labels = { namespace, function: name };
      for (const outcome of OUTCOMES) attempts.remove({ ...labels, outcome });
      for (const outcome of TOLD)
        for (const when of ['onSuccess', 'onFailure']) told.remove({ ...labels, when, outcome });
    },
  };
}

/** What is asked for when the metrics are read. Call once per registry. */
export function dispatcherGauges(registry: Registry, sources: Sources): void {
  const figures = lastKnown(sources.store);
  registerTotals(registry, figures);
  registerEntries(registry, figures);
  registerSpace(registry, figures);
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `catnap_dispatcher_${name}`,
      help,
      registers: [registry],
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  gauge(
    'unaccounted_entries',
    'Invocations that were accepted less those that are open, done, buried or cancelled, counted one by one each minute, or less often where there are many; none before the first count. Anything but 0 is a fault of the store.',
    sources.unaccounted,
  );
  gauge('status_waits', 'Requests that wait for the end of an invocation.', sources.waits);
}

/** One look for all metrics of a scrape. */
function lastKnown(read: Sources['store']): Figures {
  let last: StoreFigures | undefined;
  let reading: Promise<void> | undefined;
  return async () => {
    reading ??= read()
      .then((figures) => {
        last = figures;
      })
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    await reading;
    return last;
  };
}

function registerTotals(registry: Registry, figures: Figures): void {
  new Counter({
    name: 'catnap_dispatcher_accepted_total',
    help: 'Invocations that were accepted, since the store was made.',
    registers: [registry],
    async collect() {
      const known = await figures();
      this.remove();
      if (known !== undefined) this.inc(known.totals.accepted);
    },
  });
  new Counter({
    name: 'catnap_dispatcher_ended_total',
    help: 'Invocations that ended, since the store was made: done, buried (each time, where one was sent again), cancelled.',
    labelNames: ['outcome'] as const,
    registers: [registry],
    async collect() {
      const known = await figures();
      this.reset();
      if (known === undefined) return;
      const { done, buried, redriven, cancelled } = known.totals;
      this.inc({ outcome: 'done' }, done);
      this.inc({ outcome: 'buried' }, buried + redriven);
      this.inc({ outcome: 'cancelled' }, cancelled);
    },
  });
}

function registerEntries(registry: Registry, figures: Figures): void {
  new Gauge({
    name: 'catnap_dispatcher_entries',
    help: 'Invocations of the functions that have any: waiting for an attempt, running, buried.',
    labelNames: ['namespace', 'function', 'state'] as const,
    registers: [registry],
    async collect() {
      const known = await figures();
      this.reset();
      for (const counts of known?.functions ?? []) {
        const { namespace, name } = counts.owner;
        // Added up: a function that is gone may have had the name of one that there is.
        for (const [state, shown] of Object.entries(STATES) as [keyof typeof STATES, string][])
          this.inc({ namespace, function: name, state: shown }, counts[state]);
      }
    },
  });
}

function registerSpace(registry: Registry, figures: Figures): void {
  const gauge = (name: string, help: string, of: keyof NonNullable<StoreFigures['space']>) =>
    new Gauge({
      name: `catnap_dispatcher_${name}`,
      help,
      registers: [registry],
      async collect() {
        const space = (await figures())?.space;
        if (space === undefined) this.remove();
        else this.set(space[of]);
      },
    });
  gauge('store_bytes', 'Bytes of the file that invocations are kept in.', 'file');
  gauge('store_free_bytes', 'Of these, bytes that are free for what comes next.', 'free');
  gauge('store_high_water_bytes', 'Most bytes that the file has had since the process started.', 'highWater');
  gauge('disk_free_bytes', 'Bytes that are free on the disk of the store.', 'diskFree');
}
