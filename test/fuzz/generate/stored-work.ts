import { number, quantity } from './amounts.ts';
import type { Chance } from './chance.ts';
import { oddWord } from './words.ts';

/** At the limits of what may be stored of a request and of its answer, and beyond what a number of 64 bits holds. */
const ODD_BYTES = ['8Mi', '8388609', '1Mi', '1.0000001Mi', '99999999999999999Pi', 2 ** 53, 0, '0.5'];

/** Stored work, its limits and when it is given up. */
export function generateStoredWork(chance: Chance): Record<string, unknown> {
  const retry = { maxAttempts: number(chance), minBackoffSeconds: number(chance), maxBackoffSeconds: number(chance) };
  return {
    async: chance.oneOf<unknown>(
      () => ({}),
      () => ({
        mode: chance.of(['Optional', 'Always', 'Never', oddWord(chance), null]),
        timeoutSeconds: number(chance),
      }),
      () => ({ retry, maxAgeSeconds: number(chance), maxConcurrency: number(chance) }),
      () => ({ maxBodyBytes: bytes(chance), result: { seconds: number(chance), maxBytes: bytes(chance) } }),
      () => chance.of<unknown>([null, [], 'Always', { retry: null }, { result: [] }, { retry: 5 }]),
    ),
  };
}
const bytes = (chance: Chance) => chance.of([...ODD_BYTES, quantity(chance)]);
