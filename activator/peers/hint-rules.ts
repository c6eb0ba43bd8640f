/**
 * How much a hint of another activator may do here. It never decides: a replica that it speaks of is asked at once, and
 * what the replica answers counts. Until then it gets no requests, as far as the others can do its work, or there are none:
 * a request that waits for a replica's answer to a probe is better off than one that is sent to a replica that is stuck.
 */

/** So soon after one about the same replica a hint does nothing, in milliseconds: the replica was just asked. */
export const HINT_PAUSE_MS = 2_000;
/** For so long after a hint a replica that does not answer counts as out of service by hint; by then our own probe has found out. */
export const DOUBT_MS = 2_000;

/**
 * Whether one more replica of a revision may be taken out of service by hint until it has answered: one that is alone, or
 * no more than half of several at once. So a peer that is wrong can hold requests up for as long as a probe takes, once in
 * HINT_PAUSE_MS, and never take a function away: a replica that is well is back with its answer.
 * @param answering replicas in service, this one included.
 * @param doubted those that are out of service by hint.
 */
export function mayDoubt(answering: number, doubted: number): boolean {
  if (answering === 1) return doubted === 0;
  return answering >= 2 && (doubted + 1) * 2 <= answering + doubted;
}
