/** A function that may have something due. */
export interface Asking {
  uid: string;
  namespace: string;
  /** Its deliveries under way. */
  running: number;
  /** Those of all functions of its namespace. */
  runningInNamespace: number;
  /** Most of them at the same time. */
  maxConcurrency: number;
  /** How many may be begun now: 0, 1 or no bound, as half-open.ts says. */
  allowed: number;
}

/**
 * How many entries may be leased for each: max-min fairness in rounds, one for each function per round. Of the places that
 * all functions share, none may have more than so many times those that are still free (the dynamic threshold of shared
 * buffers), and no namespace: however many functions and entries it has and however long they take, places for others are left.
 * @param free of the shared places
 * @param turn which of them goes first when the places do not suffice for all: another one each time
 */
export function roomOf(functions: readonly Asking[], free: number, turn: number): Map<string, number> {
  const room = new Map<string, number>();
  const givenInNamespace = new Map<string, number>();
  let left = free;
  let asking = rotated(functions, turn);
  while (left > 0 && asking.length > 0) {
    const still: Asking[] = [];
    for (const one of asking) {
      const given = room.get(one.uid) ?? 0;
      const givenNear = givenInNamespace.get(one.namespace) ?? 0;
      const isFull = one.runningInNamespace + givenNear >= OF_NAMESPACE * left;
      if (left <= 0 || isFull || !mayHaveMore(one, given, left)) continue;
      room.set(one.uid, given + 1);
      givenInNamespace.set(one.namespace, givenNear + 1);
      left -= 1;
      still.push(one);
    }
    asking = still;
  }
  return room;
}

/** Times the places that are free. */
const OF_FUNCTION = 2;
const OF_NAMESPACE = 4;

function mayHaveMore({ running, maxConcurrency, allowed }: Asking, given: number, left: number): boolean {
  const has = running + given;
  return has < maxConcurrency && given < allowed && has < OF_FUNCTION * left;
}

function rotated<T>(all: readonly T[], by: number): T[] {
  const at = all.length === 0 ? 0 : by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
}
