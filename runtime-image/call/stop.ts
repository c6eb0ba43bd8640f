/** Why a call ended before its answer was over. */
export type Stop =
  | { why: 'timeout' }
  /** The client closed the connection. */
  | { why: 'gone' }
  /** The replica's grace period is over. */
  | { why: 'leaving' }
  /** Code that the handler started threw outside of all that could catch it. */
  | { why: 'crashed'; error: unknown };

/** What the signal of a stopped call says: a `TimeoutError`, an `AbortError`, or what was thrown. */
export function abortReason(stop: Stop): unknown {
  if (stop.why === 'timeout') return new DOMException('the time for this request is up', 'TimeoutError');
  if (stop.why === 'gone') return new DOMException('the client went away', 'AbortError');
  if (stop.why === 'leaving') return new DOMException('the replica has to leave', 'AbortError');
  return stop.error;
}
