/**
 * How much a hint of another activator may do here. It never decides: a replica that it speaks of is asked at once, and
 * what the replica answers counts. Until then it gets no requests, as far as the others can do its work.
 */

/** So soon after one about the same replica a hint does nothing, in milliseconds: the replica was just asked. */
export const HINT_PAUSE_MS = 2_000;
/** For so long after a hint a replica that does not answer counts as out of service by hint; by then our own probe has found out. */
export const DOUBT_MS = 2_000;

/**
 * Whether one more replica of a revision may be taken out of service by hint until it has answered: never the last one,
 * and never more than half of them at once, so that no peer can take a function away.
 * @param answering replicas in service, this one included.
 * @param doubted those that are out of service by hint.
 */
export function mayDoubt(answering: number, doubted: number): boolean {
  return answering >= 2 && (doubted + 1) * 2 <= answering + doubted;
}
