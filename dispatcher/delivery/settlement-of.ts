import type { AsyncPolicy } from '../functions/async-policy.ts';
import { writeAnswer } from '../store/kept-answer.ts';
import type { Lease, Settlement } from '../store/store.ts';
import type { Outcome } from './outcome.ts';
import type { Verdict } from './verdict.ts';

/** What the store takes of a result beside its body. */
const HEAD_BYTES = 65_536 - 1_024;
const MOST_NOTE = 1_024;

interface Settling {
  lease: Lease;
  verdict: Verdict;
  /** Undefined: it was not delivered. */
  outcome: Outcome | undefined;
  policy: Pick<AsyncPolicy, 'resultMs' | 'maxResultBytes'>;
  /** There is no room for more bodies in memory: it is kept without. */
  isFull: boolean;
}

/** What the store is told. */
export function settlementOf({ lease: { id, epoch }, verdict, outcome, policy, isFull }: Settling): Settlement {
  // Cut or not: the store takes no half of a surrogate pair, and an entry has to end whatever its gateway says.
  const note = verdict.outcome === 'done' ? undefined : verdict.note.slice(0, MOST_NOTE).toWellFormed();
  if (verdict.outcome === 'again')
    return { id, epoch, note, outcome: 'again', notBeforeMs: Math.ceil(verdict.notBeforeMs), counts: verdict.counts };
  const result = outcome === undefined ? undefined : resultOf(outcome, isFull ? 0 : policy.maxResultBytes);
  const kept = verdict.outcome === 'done' ? { keepMs: policy.resultMs } : {};
  return { id, epoch, note, outcome: verdict.outcome, result, ...kept };
}

/** The function's answer, or the gateway's in its place; cut where it is larger than what is kept. */
function resultOf(outcome: Outcome, maxBytes: number): Uint8Array | undefined {
  if (outcome.kind !== 'answered') return undefined;
  const { answer, body } = outcome;
  const isCut = body.byteLength > maxBytes;
  const head = { ...answer.answer, truncated: answer.answer.truncated || isCut };
  const kept = isCut ? body.subarray(0, maxBytes) : body;
  const result = writeAnswer({ head, body: kept });
  if (result.byteLength - kept.byteLength <= HEAD_BYTES) return result;
  return writeAnswer({ head: { ...head, headers: [], truncated: true }, body: kept });
}
