import type { GatewayError } from '../errors/gateway-error.ts';

/** Tries at once: replicas that leave, and such that others fill, are left behind within these. */
const FREE = 10;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;
/** With the pauses between them these take 20 seconds. */
const MOST = 100;

/**
 * Milliseconds until a request may be tried again that a replica has not begun with; 0: at once; undefined: no more.
 * Exponential backoff, so that replicas that turn everything away cost next to nothing.
 * @param times that the request has been given back, this one included.
 */
export function pauseBeforeTry(times: number): number | undefined {
  if (times > MOST) return undefined;
  if (times <= FREE) return 0;
  return Math.min(FIRST_PAUSE_MS * 2 ** (times - FREE - 1), LONGEST_PAUSE_MS);
}

export const TURNED_AWAY: GatewayError = {
  code: 'NotStarted',
  message: `replicas have turned the request away ${MOST} times without beginning with it`,
};
