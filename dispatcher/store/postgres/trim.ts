import type { Bound } from '../store.ts';

/** What of an ended entry says when it is forgotten, and with how many bytes it counts. */
export interface Ended {
  seq: number;
  /** Null while it is open. */
  expires_at: number | null;
  bytes: number;
}

interface Trim<T> {
  /** What is kept of a function now, and may be. */
  kept: Bound;
  limits: Bound;
  /** The first of those kept, by when they are forgotten. */
  oldest: readonly T[];
  /** There are no more than these. */
  areAll: boolean;
  /** In the order in which they end. */
  ending: readonly T[];
}

/**
 * Which entries are forgotten as others end, one after the other: those that would be forgotten next, until what is kept is
 * within its limits. Undefined: more than `oldest` have to be looked at.
 */
export function trim<T extends Ended>({ kept, limits, oldest, areAll, ending }: Trim<T>): T[] | undefined {
  const goes: T[] = [];
  const own: T[] = [];
  let { entries, bytes } = kept;
  let at = 0;
  for (const entry of ending) {
    entries += 1;
    bytes += entry.bytes;
    insert(own, entry);
    while (entries > limits.entries || bytes > limits.bytes) {
      if (at === oldest.length && !areAll) return undefined;
      const first = firstOf(oldest[at], own[0]);
      if (first === undefined) break;
      if (first === own[0]) own.shift();
      else at += 1;
      entries -= 1;
      bytes -= first.bytes;
      goes.push(first);
    }
  }
  return goes;
}

/** At its place among those that are in order. */
function insert<T extends Ended>(sorted: T[], entry: T): void {
  const place = sorted.findIndex((other) => isBefore(entry, other));
  sorted.splice(place === -1 ? sorted.length : place, 0, entry);
}

function firstOf<T extends Ended>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isBefore(b, a) ? b : a;
}

/** Whether it is forgotten first. */
function isBefore(a: Ended, b: Ended): boolean {
  const [first, second] = [a.expires_at ?? 0, b.expires_at ?? 0];
  return first < second || (first === second && a.seq < b.seq);
}
