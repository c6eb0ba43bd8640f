import { hash } from 'node:crypto';
import type { ApiKeySpec } from '#api/rules/access-fault.ts';
import { DEFAULT_KEY_HEADER } from '#api/rules/access-fault.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

/** 128 bits in base64: with less a key could be found by trying, for its digest stands in the manifest. */
const KEY_MIN_LENGTH = 22;
const KEY_MAX_LENGTH = 512;
const VISIBLE = /^[!-~]+$/;

interface KnownKey {
  readonly admission: Admission;
  readonly name: string;
  /** Milliseconds since 1970; Infinity: never. */
  readonly expiresMs: number;
}

/**
 * Keys in a header. The look-up takes a time that depends on the digest of what was sent, which its sender cannot steer
 * towards one that is known without breaking SHA-256; so nothing needs to be compared in constant time. Keys that were found
 * good are remembered by their text, so that a digest is made once for each: V8 finds them by a hash with a seed of its own,
 * which no sender can steer either.
 * @param wallMs milliseconds since 1970
 */
export function apiKeys(
  keys: readonly ApiKeySpec[],
  header: string = DEFAULT_KEY_HEADER,
  wallMs: () => number = Date.now,
): WayIn {
  const name = header.toLowerCase();
  const known = new Map(keys.map((key) => [key.sha256, knownKey(key)]));
  /** As many as there are known keys, at the most. */
  const good = new Map<string, KnownKey>();
  const challenge = `ApiKey header="${header}"`;
  const denied = (why: string): Denial => ({ denied: 'invalid', why, challenge });
  const absent: Denial = { denied: 'absent', why: `there is no key in ${header}`, challenge };
  const unknown = denied(`the key in ${header} is not known`);
  const malformed = denied(`what is in ${header} is no key: one of ${KEY_MIN_LENGTH} to ${KEY_MAX_LENGTH} characters`);
  return {
    withheld: [name],
    judge(request) {
      const given = request.header(name);
      if (given === undefined) return absent;
      if (given.length < KEY_MIN_LENGTH || given.length > KEY_MAX_LENGTH) return malformed;
      let found = good.get(given);
      if (found === undefined) {
        if (!VISIBLE.test(given)) return malformed;
        found = known.get(hash('sha256', given));
        if (found === undefined) return unknown;
        good.set(given, found);
      }
      return wallMs() < found.expiresMs ? found.admission : denied(`the key ${found.name} has expired`);
    },
  };
}

function knownKey({ name, expires }: ApiKeySpec): KnownKey {
  const expiresMs = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
  return { name, expiresMs, admission: { caller: { way: 'apiKeys', name } } };
}
