import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once `condition` holds; it is looked at each millisecond. Rejects with `what` after `withinMs` (5 s). */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 5_000,
): Promise<void> {
  const endsAtMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > endsAtMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(1);
  }
}

/**
 * What `read` returns once 20 looks in a row, 10 ms apart, saw the same: what flows has come to a stop. Rejects after
 * `withinMs` (30 s) in which it never did.
 */
export async function settled<T>(read: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const endsAtMs = performance.now() + withinMs;
  let last = await read();
  for (let same = 0; same < 20; ) {
    if (performance.now() > endsAtMs) throw new Error(`never still within ${withinMs} ms: ${last}`);
    await sleep(10);
    const now = await read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}
