import type { Clock } from '#platform/time/clock.ts';
import type { LimitStores } from './function-limits.ts';
import { unguessable } from './key-hash.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Limits of a gateway that is alone. */
export function ownLimits(clock: Clock): LimitStores {
  const channel = { send: () => undefined, alive: () => undefined, others: () => 0 };
  return { limiter: new RateLimiter({ clock, random: unguessable, name: 'own', channel }), exact: undefined };
}
