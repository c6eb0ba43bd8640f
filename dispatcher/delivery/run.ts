import type { DeliveryHead } from '#api/invocations.ts';
import type { EntryFacts } from '../destinations/entry-head.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import type { Came } from './delivery-parts.ts';
import type { Held } from './held-leases.ts';
import type { Unread } from './payload-queue.ts';
import type { Verdict } from './verdict.ts';

/** An entry that is leased here. */
export interface Run extends Held, Unread {
  epoch: number;
  attempt: number;
  readonly ageFromMs: number | undefined;
  readonly policy: AsyncPolicy;
  /** Of its head, once that was read; undefined: it was not. */
  facts: EntryFacts | undefined;
  readonly startedAtMs: number;
  /** Others of its function may wait for its end: they have its ordering key. */
  readonly isOrdered: boolean;
  readonly abort: AbortController;
  /** Nothing of it comes to its function: it was no probe of that. */
  readonly unprobed: () => void;
  /** What becomes of it is being written. */
  isJudged: boolean;
  /** It takes room of its function. */
  hasRoom: boolean;
}

export function headOf({ id, epoch, uid, attempt, policy }: Run): DeliveryHead {
  const { namespace, name, timeoutMs, maxResultBytes: maxAnswerBytes } = policy;
  return { id, epoch, uid, namespace, name, attempt, timeoutMs, maxAnswerBytes };
}

export function cameOf(given: Verdict): Came {
  return given.outcome === 'again' && !given.counts ? 'uncounted' : given.outcome;
}
