import { setTimeout as sleep } from 'node:timers/promises';

/** Asks `url` until it answers 2xx. Throws `signal`'s reason when that comes first, naming what the last try said. */
export async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  let last = 'no answer';
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { signal });
      const text = await response.text();
      if (response.ok) return;
      last = `${response.status} ${text}`;
    } catch (error) {
      if (!signal.aborted) last = String((error as Error).cause ?? error);
    }
    await sleep(20);
  }
  throw new Error(`${url} does not answer: ${last}`, { cause: signal.reason });
}
