/**
 * How an activator asks a replica that other activators use as well, of whom it knows nothing. A replica that turned a
 * request away is taken for full for a while: those with room come first. When there is none of those, a request may wait
 * at the replica itself, which gives its places to all that wait there in order, so each activator gets its share and
 * no place stands empty.
 */

/** How long a replica that was full is taken to be, on the average. */
const CROWDED_MS = 250;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** After one that waited in vain. It bounds what vain questions cost: two hundred in a second for a function. */
const PAUSE_MS = 5;

/** @param random from 0 to below 1: activators must not all come back at once. */
export function crowdedForMs(random: number): number {
  return CROWDED_MS * (0.5 + random);
}

/** How long to wait at a replica where the last `inVain` that did so were turned away: handlers there take their time. */
export function waitThereMs(inVain: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(inVain, 10), LONGEST_WAIT_MS);
}

/** How long no other request goes to wait at a replica after one did so in vain. */
export function pauseMs(random: number): number {
  return PAUSE_MS * (0.5 + random);
}
