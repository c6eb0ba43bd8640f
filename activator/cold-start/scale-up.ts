import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { RevisionRef, Scales } from './deployment-scale.ts';

/** Debounce: needs that come within so long are one write; the first one from zero is not held back. */
const GATHER_MS = 5;
/** A scale that was read or written is likely to still hold for so long. */
const FRESH_MS = 1_000;
/** While requests wait, the scale is read this often. */
const LOOK_AGAIN_MS = 1_000;
/** Exponential backoff after a failed call. */
const BACKOFF_MS = { first: 50, most: 500 };
/** Optimistic writes that may conflict in a row; each conflict means that the scale moved between read and write. */
const LATE_WRITES_MAX = 10;

/** Replicas that stop answering are replaced, up to so many for each that is needed: requests that kill their replicas must not
 * fill the cluster with them. */
const SILENT_PER_NEEDED = 2;

/**
 * Replicas that so many requests justify: at least one, at most `maxReplicas`.
 * @param silent replicas that are there and do not answer; others are needed beside them, at most two for each that would do.
 */
export function neededReplicas(requests: number, perReplica: number, maxReplicas: number, silent: number): number {
  const needed = Math.max(Math.ceil(requests / perReplica), 1);
  return Math.min(needed + Math.min(silent, needed * SILENT_PER_NEEDED), maxReplicas);
}

/** One revision that something waits for, or has waited for a moment ago. */
interface Want {
  ref: RevisionRef;
  /** Whether anything waits now. */
  wanted: boolean;
  need: number;
  /** The scale as last seen or written. */
  known: number;
  /** When the API server first took a scale since something waits; undefined: it has not. */
  raisedAtMs: number | undefined;
  /** Until when `known` may be taken for what the scale is, so that the next call need not look first. */
  freshUntilMs: number;
  failures: number;
  running: boolean;
  cancelTimer: (() => void) | undefined;
  /** When that timer is due. */
  dueAtMs: number;
  /** When `known` last rose, by whichever gateway. */
  roseAtMs: number;
}

/**
 * Raises the scale of revisions that requests wait for, and only raises it. One call in flight per revision. Needs
 * nothing but the API server; while that is away it retries.
 */
export class ScaleUp implements Disposable {
  readonly #scales: Scales;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #wants = new Map<string, Want>();
  readonly #stop = new AbortController();

  constructor(scales: Scales, clock: Clock, log: Log) {
    this.#scales = scales;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Something waits for `ref`, and `need` replicas would serve it. Where `fromZero` says that the revision has no pods,
   * the first call leaves before this returns. To be repeated as the need changes, and ended with `enough`.
   */
  raise(ref: RevisionRef, need: number, fromZero: boolean): void {
    const key = keyOf(ref);
    const before = this.#wants.get(key);
    const want = before ?? {
      ref,
      wanted: false,
      need,
      known: 0,
      raisedAtMs: undefined,
      freshUntilMs: Number.NEGATIVE_INFINITY,
      failures: 0,
      running: false,
      cancelTimer: undefined,
      dueAtMs: 0,
      roseAtMs: 0,
    };
    this.#wants.set(key, want);
    const isNew = !want.wanted;
    if (isNew) want.raisedAtMs = undefined;
    want.wanted = true;
    want.need = need;
    if (want.running || want.failures > 0) return;
    if (before === undefined || (isNew && fromZero)) {
      if (fromZero) {
        // Without pods the scale is zero, or another gateway has just raised it, and then the write conflicts.
        want.known = 0;
        want.freshUntilMs = Number.POSITIVE_INFINITY;
      }
      this.#run(want);
    } else if (need > want.known) {
      this.#runWithin(want, GATHER_MS);
    }
  }

  /** No request waits for `ref` any more. */
  enough(ref: RevisionRef): void {
    const want = this.#wants.get(keyOf(ref));
    // Kept until its timer is due, so that waits that come and go do not each read the scale.
    if (want !== undefined) want.wanted = false;
  }

  /** When the API server took the first scale for the requests that wait for `ref`, on the clock; undefined: not yet. */
  raisedAtMs(ref: RevisionRef): number | undefined {
    return this.#wants.get(keyOf(ref))?.raisedAtMs;
  }

  /** As last seen or written, and when that was first seen to be so many; while nothing waits there is none. */
  ordered(ref: RevisionRef): { replicas: number; atMs: number } {
    const want = this.#wants.get(keyOf(ref));
    return want?.wanted ? { replicas: want.known, atMs: want.roseAtMs } : { replicas: 0, atMs: 0 };
  }

  /** Replicas that are ordered and not among the `pods` seen; while nothing waits there are none. @param ref undefined: there are none */
  unseen(ref: RevisionRef | undefined, pods: number): number {
    return ref === undefined ? 0 : Math.max(0, this.ordered(ref).replicas - pods);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const want of this.#wants.values()) want.cancelTimer?.();
    this.#wants.clear();
  }

  /** Keeps a timer that is due sooner: a need that goes on growing must not put off the write. */
  #runWithin(want: Want, ms: number): void {
    if (want.cancelTimer === undefined || want.dueAtMs > this.#clock.nowMs() + ms) this.#runAfter(want, ms);
  }

  #runAfter(want: Want, ms: number): void {
    want.cancelTimer?.();
    want.dueAtMs = this.#clock.nowMs() + ms;
    want.cancelTimer = this.#clock.after(ms, () => this.#run(want));
  }

  #run(want: Want): void {
    want.cancelTimer?.();
    want.cancelTimer = undefined;
    if (!want.wanted) {
      this.#wants.delete(keyOf(want.ref));
      return;
    }
    want.running = true;
    this.#ask(want).then(
      () => {
        want.failures = 0;
        // What was needed meanwhile has been gathered by the call.
        this.#ran(want, want.need > want.known ? 0 : LOOK_AGAIN_MS);
      },
      (error: unknown) => {
        want.failures += 1;
        const againInMs = Math.min(BACKOFF_MS.first * 2 ** (want.failures - 1), BACKOFF_MS.most);
        if (!this.#stop.signal.aborted && isWorthALine(want.failures)) {
          this.#log.warn({ ...want.ref, err: error, failures: want.failures, againInMs }, 'scale not raised');
        }
        this.#ran(want, againInMs);
      },
    );
  }

  #ran(want: Want, againInMs: number): void {
    want.running = false;
    if (!this.#stop.signal.aborted) this.#runAfter(want, againInMs);
  }

  async #ask(want: Want): Promise<void> {
    const { ref, need } = want;
    const { signal } = this.#stop;
    const before = want.known;
    const isFresh = this.#clock.nowMs() < want.freshUntilMs;
    // Used once: if the write conflicts or fails, the scale is read before the next one.
    want.freshUntilMs = Number.NEGATIVE_INFINITY;
    if (isFresh && need > before && (await this.#scales.raiseFrom(ref, before, need, signal))) {
      this.#raised(want, need);
      this.#log.info({ ...ref, replicas: need, before }, before === 0 ? 'woken' : 'raised');
      return;
    }
    for (let late = 0; late < LATE_WRITES_MAX; late += 1) {
      if (await this.#raiseOnto(want, signal)) return;
    }
    throw new Error(`the scale of ${ref.revision} moved ${LATE_WRITES_MAX} times while it was to be raised`);
  }

  /** False: another gateway or the operator wrote the scale between the look and the write. */
  async #raiseOnto(want: Want, signal: AbortSignal): Promise<boolean> {
    const { replicas, resourceVersion } = await this.#scales.read(want.ref, signal);
    const { ref, need } = want;
    this.#know(want, replicas);
    if (replicas >= need) return true;
    if (!(await this.#scales.setOnto(ref, need, resourceVersion, signal))) return false;
    this.#raised(want, need);
    this.#log.info({ ...ref, replicas: need, before: replicas }, 'raised');
    return true;
  }

  #know(want: Want, replicas: number): void {
    const nowMs = this.#clock.nowMs();
    if (replicas > want.known) want.roseAtMs = nowMs;
    want.known = replicas;
    want.freshUntilMs = nowMs + FRESH_MS;
  }

  #raised(want: Want, need: number): void {
    this.#know(want, need);
    want.raisedAtMs ??= this.#clock.nowMs();
  }
}

function keyOf(ref: RevisionRef): string {
  return `${ref.namespace}/${ref.revision}`;
}

/** Logs the 1st, 2nd, 4th, 8th … failure in a row: while the API server is away there are two a second. */
function isWorthALine(failures: number): boolean {
  return Number.isInteger(Math.log2(failures));
}
