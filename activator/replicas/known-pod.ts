import type { StartFailure } from '#api/rules/start-failure.ts';
import type { ClusterStarts, StartMark } from '../cold-start/cluster-starts.ts';
import type { StartSample } from '../cold-start/learning.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Replica } from './replica.ts';

/** One pod of a function that was not told to go. */
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
}

export class KnownPod implements Pod {
  state: PodFacts;
  replica: Replica | undefined;
  failedAtMs: number | undefined;
  scheduledAtMs: number | undefined;
  readonly seenAtMs: number;
  /** Its start, while that is under way and was seen from its beginning. */
  #start: StartMark | undefined;
  readonly #starts: ClusterStarts;
  /** Ends its probe, or its rest before that. */
  stopProbe: (() => void) | undefined;
  isResting = false;
  endTrial: (() => void) | undefined;
  /** Others were told that it is stuck. */
  isTold = false;
  /** When another activator's hint about it was last followed. */
  hintedAtMs = Number.NEGATIVE_INFINITY;
  /** Out of the rotation by that hint until it has answered. */
  isDoubted = false;

  constructor(state: PodFacts, starts: ClusterStarts, seenAtMs: number) {
    this.state = state;
    this.seenAtMs = seenAtMs;
    this.#starts = starts;
    // One that has an address already may have begun long ago.
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
    // What holds it up for now may pass at any time.
    const isStarting = this.replica?.answeredAtMs === undefined && this.state.failure?.finalAfterMs !== 0;
    return isStarting ? this.seenAtMs : undefined;
  }

  /** It answers, or will not. How long the start took; undefined: it is not under way, or was not seen from its beginning. */
  endStart(nowMs: number): StartSample | undefined {
    const mark = this.#start;
    this.#start = undefined;
    return mark && this.#starts.end(mark, nowMs);
  }

  /** It is gone, or is to be known anew. */
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
