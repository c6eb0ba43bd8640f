import type { ErrorCode } from '#api/errors.ts';
import type { DeliveryAnswer } from '#api/invocations.ts';
import { MOST_DEPTH } from '../destinations/entry-head.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import { retryDelayMs } from './backoff.ts';
import type { BuriedReason, Outcome } from './outcome.ts';
import { retryAfterMs } from './retry-after.ts';

/** What the entry comes to. `note` is for people. */
export type Verdict =
  | { outcome: 'done' }
  | { outcome: 'buried'; note: string; reason: BuriedReason }
  | {
      outcome: 'again';
      notBeforeMs: number;
      /** It was an attempt. */
      counts: boolean;
      note: string;
      /** The function as a whole is left alone for a while; with what its answer asked for. */
      pause?: { askedMs: number | undefined };
    };

type Buried = Extract<Verdict, { outcome: 'buried' }>;

export interface Circumstances {
  /** Number of this attempt, from 1. */
  attempt: number;
  /** From when the entry's age counts; undefined: not known, it is not too old. */
  ageFromMs: number | undefined;
  policy: Pick<AsyncPolicy, 'maxAttempts' | 'minBackoffMs' | 'maxBackoffMs' | 'maxAgeMs'>;
  nowMs: number;
  /** 0 ≤ random < 1 */
  random: number;
}

/** Statuses below 500 of which the same request may succeed later. */
const TRIED_AGAIN: readonly number[] = [408, 425, 429];
/** How many times `maxBackoffMs` a Retry-After is waited for at most. */
const MOST_ASKED = 4;

/** What it comes to that a chain of destinations has become too long, before it is delivered. */
export const CHAIN_TOO_LONG: Verdict = {
  outcome: 'buried',
  reason: 'ChainTooLong',
  note: `not delivered: ${MOST_DEPTH} ends in a row led to it, each the destination of the one before (a circle?)`,
};

/** What it comes to that an entry is older than it may be, before it is delivered; undefined: it is not. */
export function verdictByAge({ ageFromMs, policy, nowMs }: Circumstances): Buried | undefined {
  if (ageFromMs === undefined || nowMs < ageFromMs + policy.maxAgeMs) return undefined;
  const note = `it was not done within ${policy.maxAgeMs / 1_000} s (maxAgeSeconds)`;
  return { outcome: 'buried', note, reason: 'TooOld' };
}

export function verdict(outcome: Outcome, circumstances: Circumstances): Verdict {
  if (outcome.kind === 'undelivered') return uncounted(outcome.note, circumstances);
  if (outcome.kind === 'broken') return afterAttempt(outcome.note, 0, circumstances);
  if (outcome.kind === 'refused') return { outcome: 'buried', note: outcome.note, reason: outcome.reason };
  const { answer, from } = outcome;
  const note = noteOf(answer, from);
  const askedMs = retryAfterMs(answer.answer.headers, circumstances.nowMs);
  switch (meaningOf(answer)) {
    case 'done':
      return { outcome: 'done' };
    case 'refused':
      return { outcome: 'buried', note, reason: 'Refused' };
    case 'failed':
      return afterAttempt(note, askedMs ?? 0, circumstances);
    case 'cut':
      return uncounted(note, circumstances);
    case 'not begun':
      return { ...uncounted(note, circumstances), pause: { askedMs } };
  }
}

type Meaning = 'done' | 'refused' | 'failed' | 'cut' | 'not begun';

function meaningOf({ by, code, started, answer: { status } }: DeliveryAnswer): Meaning {
  const isGateway = by === 'gateway';
  // Of a gateway that leaves, or has not read the cluster's state yet.
  if (isGateway && code === ('GatewayUnavailable' satisfies ErrorCode)) return 'cut';
  if (isGateway && code === ('FunctionNotFound' satisfies ErrorCode)) return 'not begun';
  const isFinal = status >= 400 && status < 500 && !TRIED_AGAIN.includes(status);
  if (isFinal || (isGateway && code === ('NotSupported' satisfies ErrorCode))) return 'refused';
  if (isGateway && code === ('InternalError' satisfies ErrorCode)) return 'failed';
  if (!started) return 'not begun';
  return status < 400 ? 'done' : 'failed';
}

function noteOf({ by, code, started, answer: { status } }: DeliveryAnswer, from = `the ${by}`): string {
  const what = code === undefined ? `${status}` : `${status} ${code}`;
  return `${from} answered ${what}${started ? '' : '; the function had not begun'}`;
}

/** It keeps its age, not its place: others of its function are tried before it is again. */
function uncounted(note: string, { nowMs }: Circumstances): Verdict & { outcome: 'again' } {
  return { outcome: 'again', notBeforeMs: nowMs, counts: false, note };
}

function afterAttempt(note: string, askedMs: number, circumstances: Circumstances): Verdict {
  const { attempt, ageFromMs, policy, nowMs, random } = circumstances;
  if (attempt >= policy.maxAttempts)
    return { outcome: 'buried', note: `${note} (attempt ${attempt}, the last)`, reason: 'AttemptsUsedUp' };
  const delayMs = Math.max(retryDelayMs(attempt, policy, random), Math.min(askedMs, MOST_ASKED * policy.maxBackoffMs));
  const notBeforeMs = nowMs + delayMs;
  const isOver = verdictByAge({ ...circumstances, nowMs: notBeforeMs });
  if (ageFromMs !== undefined && isOver) return { ...isOver, note: `${note}; ${isOver.note}` };
  return { outcome: 'again', notBeforeMs, counts: true, note };
}
