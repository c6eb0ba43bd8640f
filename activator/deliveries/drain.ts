import type { Clock } from '#platform/time/clock.ts';
import type { DeliveryRegistry } from './delivery-registry.ts';

/** How often it is looked whether all is over. */
const LOOK_MS = 50;
/** A dispatcher that starts anew comes for its answers within this, if it comes at all. */
const FETCH_MS = 60_000;
/** What is cut is still told the dispatcher, where it waits for it; else there is time for what is being sent. */
const LAST_WORDS_MS = 2_000;

/**
 * Waits until none of the deliveries is under way any more, and their answers were fetched; those that are not over after
 * `withinMs` are cut, and it is said of each whether its handler may have begun. No new ones begin meanwhile.
 */
export async function drain(deliveries: DeliveryRegistry, clock: Clock, withinMs: number): Promise<void> {
  deliveries.leave();
  const startedAtMs = clock.nowMs();
  const endsAtMs = startedAtMs + withinMs;
  let lastRunAtMs = startedAtMs;
  while (clock.nowMs() < endsAtMs) {
    if (deliveries.running > 0) lastRunAtMs = clock.nowMs();
    else if (deliveries.kept === 0 || clock.nowMs() - lastRunAtMs >= FETCH_MS) return;
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  const lastWordsMs = deliveries.awaited ? LAST_WORDS_MS : LOOK_MS;
  deliveries.cut();
  const lastAtMs = clock.nowMs() + lastWordsMs;
  while (deliveries.kept > 0 && clock.nowMs() < lastAtMs) {
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
}
