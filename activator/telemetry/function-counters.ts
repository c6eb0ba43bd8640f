import type { ErrorCode } from '#api/errors.ts';
import type { AccessLogEntry } from './access-log.ts';
import { COLD_START_BUCKETS_SECONDS, type ColdStarts } from './cold-start-metrics.ts';
import { type ColdTimes, coldPhases, coldTimings } from './cold-start-phases.ts';
import { Histogram } from './histogram.ts';

/** Upper bounds in seconds: from an answer out of memory to one that takes minutes. */
const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const;
const STORED_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;
const WAIT_BUCKETS_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
/** Of a revision; a function that makes up more of them gets the rest counted by class. */
const MAX_STATUS_CODES = 32;

/**
 * So long after a revision's end its counters are still told, in milliseconds, several times any usual scrape interval; and of so many
 * of a function's revisions that have ended, of the last ones where there are more.
 */
export const PAST_REVISIONS = { ms: 5 * 60_000, most: 4 } as const;

/** Of one revision's requests that are over. */
interface RevisionCounters {
  /** By status code, as text. */
  readonly answers: Map<string, number>;
  /** That its replicas spent on them. */
  seconds: number;
  /** When requests ceased to go to it; undefined: they may. */
  endedAtMs: number | undefined;
}

/** Of requests that are delivered later. */
interface StoredCounters {
  accepted: number;
  existing: number;
  /** From when all of one was here until it was known to be on disk. */
  readonly durable: Histogram;
}

/** What is counted of one function's requests, mostly once they are over: plain numbers, for this is on the path of each request. */
export class FunctionCounters {
  /** From its arrival to the end of its answer. */
  readonly durations = new Histogram(DURATION_BUCKETS_SECONDS);
  /** For room or for a replica to start. */
  readonly waits = new Histogram(WAIT_BUCKETS_SECONDS);
  readonly failures = new Map<ErrorCode, number>();
  /** By policy, then by what it decided; undefined: nothing was. */
  policies: Map<string, Map<string, number>> | undefined;
  /** Of those that were accepted to be delivered later; undefined: none was. */
  stored: StoredCounters | undefined;
  bytesIn = 0;
  bytesOut = 0;
  /** By revision; what no replica had is of the revision ''. */
  readonly revisions = new Map<string, RevisionCounters>();
  readonly #allColdStarts: ColdStarts;
  readonly #codes = new Map<number, string>();
  #coldStarts: Histogram | undefined;
  #lastCold: ColdTimes | undefined;
  /** No answer has begun since the last cold start. */
  #coldAnswerAwaited = false;

  /** @param allColdStarts those of all functions. */
  constructor(allColdStarts: ColdStarts) {
    this.#allColdStarts = allColdStarts;
  }

  /** From the first waiting request to the first answering replica, in seconds; undefined until there was one. */
  get coldStarts(): Histogram | undefined {
    return this.#coldStarts;
  }

  finished(entry: AccessLogEntry): void {
    this.durations.observe(entry.totalMs / 1000);
    this.waits.observe((entry.queueMs + entry.coldMs) / 1000);
    this.bytesIn += entry.bytesIn;
    this.bytesOut += entry.bytesOut;
    const { code, status } = entry;
    if (code !== undefined) this.refused(code);
    const revision = this.#revision(entry.revision ?? '');
    revision.seconds += entry.functionMs / 1000;
    const answer = this.#codeOf(status);
    revision.answers.set(answer, (revision.answers.get(answer) ?? 0) + 1);
    if (this.#coldAnswerAwaited && entry.coldMs > 0 && entry.firstByteMs > 0) {
      this.#coldAnswerAwaited = false;
      this.#allColdStarts.observe([{ phase: 'first_byte', ms: entry.firstByteMs }]);
    }
  }

  /** Answered by the gateway itself, or broken off. */
  refused(code: ErrorCode): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }

  /** Accepted, to be delivered later. @param isNew false: it had been accepted before, by its idempotency key */
  accepted(isNew: boolean, seconds: number): void {
    this.stored ??= { accepted: 0, existing: 0, durable: new Histogram(STORED_BUCKETS_SECONDS) };
    this.stored[isNew ? 'accepted' : 'existing'] += 1;
    this.stored.durable.observe(seconds);
  }

  /** By one of the function's policies. */
  decided(policy: string, outcome: string): void {
    this.policies ??= new Map();
    let outcomes = this.policies.get(policy);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.policies.set(policy, outcomes);
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  /** A replica answers, for the first time since requests began to wait. */
  coldStarted(times: ColdTimes): void {
    this.#coldStarts ??= new Histogram(COLD_START_BUCKETS_SECONDS);
    this.#coldStarts.observe((times.answeredAtMs - times.waitingAtMs) / 1000);
    this.#allColdStarts.observe(coldPhases(times));
    this.#lastCold = times;
    this.#coldAnswerAwaited = true;
  }

  /** For the `Server-Timing` of a request that came at `sinceMs` and waited for the last cold start: what it waited for. */
  coldTimings(sinceMs: number): string {
    return this.#lastCold === undefined ? '' : coldTimings(coldPhases(this.#lastCold, sinceMs));
  }

  /**
   * Forgets the revisions that are not among these any more, but for the last few that were not long ago: a series that ends at
   * once loses what came since the last scrape. One that is back counts on.
   */
  keepRevisions(present: readonly (string | undefined)[], nowMs: number): void {
    const ended: { revision: string; endedAtMs: number }[] = [];
    for (const [revision, counters] of this.revisions) {
      const isPresent = revision === '' || present.includes(revision);
      counters.endedAtMs = isPresent ? undefined : (counters.endedAtMs ?? nowMs);
      if (counters.endedAtMs !== undefined) ended.push({ revision, endedAtMs: counters.endedAtMs });
    }
    const last = ended.toSorted((a, b) => a.endedAtMs - b.endedAtMs).slice(-PAST_REVISIONS.most);
    const told = new Set(last.filter(({ endedAtMs }) => nowMs - endedAtMs < PAST_REVISIONS.ms));
    for (const one of ended) if (!told.has(one)) this.revisions.delete(one.revision);
  }

  #revision(name: string): RevisionCounters {
    let counters = this.revisions.get(name);
    if (counters === undefined) {
      counters = { answers: new Map(), seconds: 0, endedAtMs: undefined };
      this.revisions.set(name, counters);
    }
    return counters;
  }

  #codeOf(status: number): string {
    let code = this.#codes.get(status);
    if (code === undefined) {
      code = this.#codes.size < MAX_STATUS_CODES ? codeText(status) : `${Math.floor(status / 100)}xx`;
      if (this.#codes.size < MAX_STATUS_CODES) this.#codes.set(status, code);
    }
    return code;
  }
}

function codeText(status: number): string {
  return status === 0 ? 'aborted' : String(status);
}
