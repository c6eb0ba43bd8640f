import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `probe` until it returns something other than undefined or false, and returns that. A throw counts as not yet.
 * Fails after `withinMs` with `what` and what the last try said.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  let last: unknown;
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(50)) {
    try {
      const seen = await probe();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
}
