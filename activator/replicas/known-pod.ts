import type { StartFailure } from '#api/rules/start-failure.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Replica } from './replica.ts';
import type { StartMark, StartSample, StartTimes } from './start-times.ts';

/** One pod of a function that is not terminating. */
export interface Pod {
  readonly uid: string;
  readonly revision: string;
  /** Undefined until the pod has an address. */
  readonly replica: Replica | undefined;
  /** Why it does not start, for good or for now; undefined once it has answered. */
  readonly failure: StartFailure | undefined;
  /** When it was first seen to fail for this reason, on the activator's clock. */
  readonly failedAtMs: number | undefined;
  /** Since when it is starting, on the same clock; undefined: it has answered, or fails to. */
  readonly startingSinceMs: number | undefined;
  /** Out of the rotation by a hint of another activator until it has answered. */
  readonly isDoubted: boolean;
}

export class KnownPod implements Pod {
  state: PodFacts;
  replica: Replica | undefined;
  failedAtMs: number | undefined;
  scheduledAtMs: number | undefined;
  readonly seenAtMs: number;
  /** Its start, while that is under way and was seen from its beginning. */
  #start: StartMark | undefined;
  readonly #starts: StartTimes;
  /** Cancels its probe, or the rest before it. */
  stopProbe: (() => void) | undefined;
  isResting = false;
  endTrial: (() => void) | undefined;
  /** Other activators have been sent the hint that it is stuck. */
  isReported = false;
  /** When a hint of another activator about it was last followed. */
  hintedAtMs = Number.NEGATIVE_INFINITY;
  isDoubted = false;

  constructor(state: PodFacts, starts: StartTimes, seenAtMs: number) {
    this.state = state;
    this.seenAtMs = seenAtMs;
    this.#starts = starts;
    // With an address already it may have begun long ago.
    if (state.ip === '') this.#start = starts.begin(seenAtMs);
  }
  get uid(): string {
    return this.state.uid;
  }
  get revision(): string {
    return this.state.revision;
  }
  get failure(): StartFailure | undefined {
    return this.replica?.answeredAtMs === undefined ? this.state.failure : undefined;
  }
  get startingSinceMs(): number | undefined {
    // A failure that is final at once is no start under way; any other may still pass.
    const isStarting = this.replica?.answeredAtMs === undefined && this.state.failure?.finalAfterMs !== 0;
    return isStarting ? this.seenAtMs : undefined;
  }

  /** Its start is over. How long it took; undefined: none was under way, or it was not seen from its beginning. */
  endStart(nowMs: number): StartSample | undefined {
    const mark = this.#start;
    this.#start = undefined;
    return mark && this.#starts.end(mark, nowMs);
  }

  /** The pod is gone, or its replica is to be replaced. */
  end(): void {
    this.stopProbe?.();
    this.stopProbe = undefined;
    this.isResting = false;
    this.endTrial?.();
    if (this.replica === undefined) return;
    this.replica.answering = false;
    this.replica.upstream.close();
  }
}
