import type { Clock } from '#platform/time/clock.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Replica } from './replica.ts';

/** The request after which a replica did not answer any more. */
export interface Suspect {
  readonly requestId: string;
  readonly method: string;
  /** As the client asked for it, with the query, which is not shown. */
  readonly target: string;
}

/** A replica whose main loop does not turn. */
export interface StuckReplica {
  /** `<namespace>/<name>` */
  functionKey: string;
  pod: string;
  /** One sentence, for logs and Events: which request it was, and what that means. */
  why: string;
}

/** A busy machine may keep a replica from answering for a moment; one that turns answers its probe sooner than this. */
const STUCK_MS = 2_000;
const PATH_MAX_LENGTH = 200;

/** Reports replicas that stop answering at a request that takes too long: an endless loop logs nothing by itself. */
export class StuckReplicas {
  readonly #clock: Clock;
  #listener: (stuck: StuckReplica) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets the one listener. */
  listen(listener: (stuck: StuckReplica) => void): void {
    this.#listener = listener;
  }

  /** Looks, some seconds later, whether the replica has answered anything since. @param isThere whether its pod is still one to be asked */
  watch({ functionKey, name }: PodFacts, replica: Replica, suspect: Suspect, isThere: () => boolean): void {
    const { silentSinceMs } = replica;
    this.#clock.after(STUCK_MS, () => {
      if (replica.answering || replica.silentSinceMs !== silentSinceMs || !isThere()) return;
      this.#listener({ functionKey, pod: name, why: whyStuck(name, suspect) });
    });
  }
}

function whyStuck(pod: string, { requestId, method, target }: Suspect): string {
  const end = target.indexOf('?');
  const path = target.slice(0, Math.min(end === -1 ? target.length : end, PATH_MAX_LENGTH));
  return `pod ${pod} has not answered since ${method} ${path} took too long (request ${requestId}): a handler that never gives way, such as an endless loop, stops its whole replica, which writes no log; kubelet restarts it`;
}
