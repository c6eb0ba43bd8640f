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
      () => ({ onSuccess: destination(chance), onFailure: destination(chance) }),
      () => chance.of<unknown>([null, [], 'Always', { retry: null }, { result: [] }, { retry: 5 }]),
    ),
  };
}

/** Addresses that are good, no addresses at all, or lead where nothing may be sent. */
const URLS = [
  'https://hooks.example.org/a?b=%20',
  'http://169.254.169.254/latest/meta-data',
  'https://[::ffff:127.0.0.1]:1/',
  'https://me:secret@a.example/',
  'https://',
  'https://\u0000',
  'javascript:1',
];
const destination = (chance: Chance) =>
  chance.of<unknown>([
    { function: oddWord(chance) },
    { url: chance.of(URLS) },
    { function: 'other', url: 'https://a.example' },
    {},
    null,
  ]);

const bytes = (chance: Chance) => chance.of([...ODD_BYTES, quantity(chance)]);
