import { PAST_REVISIONS } from '../telemetry/function-counters.ts';
import type { RevisionLoad } from '../telemetry/function-metrics.ts';

interface PastLoad {
  readonly revision: string | undefined;
  readonly requests: number;
  readonly seconds: number;
  readonly endedAtMs: number;
}

/**
 * What revisions of a function counted that have ended. A counter whose series ends at once loses what came since the last
 * scrape; so its last value stays to be read for a while. Of a revision that is back it is what its new count goes on from,
 * as long as that is there: a counter never falls while it is told.
 */
export class PastLoads {
  /** The one that ended last comes last. Undefined until one ends: most functions have but one revision. */
  #past: PastLoad[] | undefined;

  /** One has ended. @param present those that there are still, or again. */
  add(ended: RevisionLoad, present: Iterable<RevisionLoad>, nowMs: number): void {
    const { revision, requests } = ended;
    const seconds = ended.concurrencySeconds();
    if (requests === 0 && seconds === 0) return;
    const all = this.#past ?? [];
    const before = all.find((one) => one.revision === revision);
    const sums = { requests: requests + (before?.requests ?? 0), seconds: seconds + (before?.seconds ?? 0) };
    this.#past = [...all.filter((one) => one !== before), { revision, ...sums, endedAtMs: nowMs }];
    this.#forget([...present], nowMs);
  }

  /** The loads of those that are there and of those that are not any more, one for each revision. */
  beside(present: Iterable<RevisionLoad>, nowMs: number): Iterable<RevisionLoad> {
    if (this.#past === undefined) return present;
    const there = [...present];
    this.#forget(there, nowMs);
    const past = this.#past ?? [];
    const loads = there.map((load) => countingOn(load, past));
    for (const one of past) if (!isAmong(there, one)) loads.push(atRest(one));
    return loads;
  }

  /** Drops those that ended long ago, or before the last few, but for those that are back. */
  #forget(present: readonly RevisionLoad[], nowMs: number): void {
    const gone = (this.#past ?? []).filter((one) => !isAmong(present, one));
    const told = new Set(
      gone.slice(-PAST_REVISIONS.most).filter(({ endedAtMs }) => nowMs - endedAtMs < PAST_REVISIONS.ms),
    );
    this.#past = this.#past?.filter((one) => told.has(one) || isAmong(present, one));
    if (this.#past?.length === 0) this.#past = undefined;
  }
}

function isAmong(loads: readonly RevisionLoad[], { revision }: PastLoad): boolean {
  return loads.some((load) => load.revision === revision);
}

function atRest({ revision, requests, seconds }: PastLoad): RevisionLoad {
  return { revision, requests, waiting: 0, inFlight: 0, concurrencySeconds: () => seconds };
}

function countingOn(load: RevisionLoad, past: readonly PastLoad[]): RevisionLoad {
  const before = past.find(({ revision }) => revision === load.revision);
  if (before === undefined) return load;
  const { revision, requests, waiting, inFlight } = load;
  const concurrencySeconds = () => before.seconds + load.concurrencySeconds();
  return { revision, requests: before.requests + requests, waiting, inFlight, concurrencySeconds };
}
