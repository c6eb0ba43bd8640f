import type { Clock } from '#platform/time/clock.ts';

/**
 * Every place where the outside calls into the gateway: events of sockets and servers, timers, promises, changes of the
 * cluster. What is thrown below one of them ends the request or the connection that it belongs to, is logged with its
 * stack and counted; the process goes on. An error that got past them all still ends the process: nothing is known then
 * of the state that it left behind, and a gateway that starts anew is better than one that answers wrongly.
 */
export const ENTRIES = [
  'client connects',
  'client request',
  'client upgrade',
  'client error',
  'client closes',
  'client bytes',
  'client look',
  'client turn',
  'client answered',
  'client body',
  'client body end',
  'client reads on',
  'request admitted',
  'request refused',
  'request goes on',
  'request time limit',
  'answer head',
  'answer whole',
  'answer piece',
  'answer end',
  'answer informational',
  'answer failed',
  'answer flush',
  'replica connected',
  'replica read',
  'replica end',
  'replica drain',
  'replica error',
  'replica close',
  'replica timer',
  'replica probe',
  'tunnel joined',
  'tunnel bytes',
  'tunnel drain',
  'tunnel end',
  'tunnel close',
  'rejection turn',
  'timer',
  'function change',
  'pod change',
  'peer stream',
  'delivery request',
  'delivery bytes',
  'delivery body',
  'delivery answered',
  'dispatcher answer',
  'entry settled',
  'finished',
] as const;
export type Entry = (typeof ENTRIES)[number];

/** Called with each throw that an entry has caught. @param requestId undefined: it belongs to no one request. */
export type ThrowListener = (entry: Entry, error: unknown, requestId: string | undefined) => void;

/** An error may pass several entries on its way out; the first one reports it. */
const reported = new WeakSet<object>();
const counts = new Map<Entry, number>();
let listener: ThrowListener | undefined;
let failPoint: ((entry: Entry) => void) | undefined;

/** Throws that were caught, by entry, since the process began. */
export function thrownCounts(): ReadonlyMap<Entry, number> {
  return counts;
}

/** Sets the one listener of the process; undefined: none. */
export function onThrow(newListener: ThrowListener | undefined): void {
  listener = newListener;
}

/** For tests: called at each entry; what it throws is as if it had been thrown there. Undefined: nothing is called. */
export function setFailPoint(point: ((entry: Entry) => void) | undefined): void {
  failPoint = point;
}

/** To be called first in what an entry guards. */
export function enter(entry: Entry): void {
  if (failPoint !== undefined) failPoint(entry);
}

/** An entry has caught `error`. Never throws. */
export function caught(entry: Entry, error: unknown, requestId?: string): void {
  if (typeof error === 'object' && error !== null) {
    if (reported.has(error)) return;
    reported.add(error);
  }
  counts.set(entry, (counts.get(entry) ?? 0) + 1);
  try {
    listener?.(entry, error, requestId);
  } catch {
    // The throw is counted all the same.
  }
}

/**
 * `run` as a callback that never throws.
 * @param failed ends what the entry belongs to; called with what `run` has thrown, after it was logged and counted.
 */
export function guarded<This, Args extends unknown[]>(
  entry: Entry,
  run: (this: This, ...args: Args) => void,
  failed?: (this: This, error: Error, ...args: Args) => void,
): (this: This, ...args: Args) => void {
  return function (this: This, ...args: Args): void {
    try {
      enter(entry);
      run.apply(this, args);
    } catch (error) {
      const thrown = asError(error);
      // First, for it may know whose request it was.
      attempt(entry, () => failed?.apply(this, [thrown, ...args]));
      caught(entry, thrown);
    }
  };
}

/** A clock whose callbacks never throw: one that did is called once more, for many of them arm the next timer. */
export function guardedClock(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    after: (delayMs, callback) => clock.after(delayMs, guarded('timer', callback, callback)),
  };
}

/** Runs one of several steps of a shutdown: what it throws is reported, and the caller goes on to the next step. */
export function attempt(entry: Entry, step: () => void): void {
  try {
    step();
  } catch (error) {
    caught(entry, error);
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
