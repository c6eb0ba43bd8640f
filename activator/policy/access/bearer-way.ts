import {
  isAcceptedAlgorithm,
  isSignedBy,
  JWT_MAX_CHARACTERS,
  type Jwt,
  readJwt,
  type VerificationKey,
} from '#platform/access/jwt.ts';
import type { KeySet } from '#platform/access/key-set.ts';
import type { Caller } from '../caller.ts';
import type { RequestFacts } from '../policy.ts';
import { bearerToken } from './bearer-token.ts';
import { type Claims, lastSecond } from './token-claims.ts';
import { digestOf, type OwnTokens, type Verified, type VerifiedTokens } from './verified-tokens.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

/** What one way in asks of tokens. */
export interface TokenRules {
  /** Names, in lower case, beside `authorization`. */
  readonly withheld: readonly string[];
  /** Why a token is not for the function, or not for now, whoever signed it; undefined: it is. */
  whyNotValid(claims: Claims, nowSeconds: number): string | undefined;
  /** Those of the signer; text: why there are none. */
  keys(): KeySet | string;
  /** Asked once there are keys: whether it is theirs to sign for whom the token names. Absent: `whyNotValid` has it. */
  isOfSigner?(claims: Claims): boolean;
  callerOf(claims: Claims): Caller;
  /** What one that is good lacks; undefined: nothing. */
  whatIsMissing(claims: Claims): string | undefined;
  /** Headers that the function gets besides; name, value, … */
  given(claims: Claims): readonly string[];
  /** With the challenge of 403, such as `, scope="a b"`. */
  readonly scope: string;
  release(): void;
}

export interface TokenStore {
  readonly verified: VerifiedTokens;
  /** Milliseconds since 1970. */
  wallMs(): number;
}

/** A token whose signature was found good is believed for so long without another look. */
const BELIEVED_MS = 300_000;
/** Of tokens that say so, those for access and ID tokens; not such as an issuer signs for logouts, or clients for themselves. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'at+jwt']);

const ABSENT: Denial = { denied: 'absent', why: 'there is no token', challenge: 'Bearer' };
const MALFORMED = invalid('what is in Authorization is no token');

/** What a key set has for a token. */
type Found = Awaited<ReturnType<KeySet['find']>>;

/**
 * Tokens in `Authorization: Bearer`. What costs least is looked at first, so that only what claims to be of this signer, for
 * this function and of this time makes the gateway ask for keys. Where there are no keys, no token is good.
 */
export class BearerWay implements WayIn {
  readonly withheld: readonly string[];
  readonly #rules: TokenRules;
  readonly #store: TokenStore;
  readonly #tokens: OwnTokens;
  #released = false;

  constructor(rules: TokenRules, store: TokenStore) {
    this.#rules = rules;
    this.#store = store;
    this.#tokens = store.verified.own();
    this.withheld = ['authorization', ...rules.withheld];
  }

  judge(request: RequestFacts): Admission | Denial | Promise<Admission | Denial> {
    const given = bearerToken(request);
    if (given === 'absent') return ABSENT;
    if (given === 'malformed' || given.token.length > JWT_MAX_CHARACTERS) return MALFORMED;
    const digest = digestOf(given.token);
    const known = this.#tokens.find(digest);
    if (known !== undefined && this.#isGood(known)) return known.admission;
    this.#tokens.remove(digest);
    return this.#judgeAnew(given.token, digest);
  }

  release(): void {
    this.#released = true;
    this.#tokens.clear();
    this.#rules.release();
  }

  /** Its time has not passed, and its issuer has the key still. */
  #isGood({ untilMs, kid, key }: Verified): boolean {
    if (this.#store.wallMs() >= untilMs) return false;
    const keys = this.#rules.keys();
    return typeof keys === 'object' && keys.find(kid) === key;
  }

  #judgeAnew(token: string, digest: string): Admission | Denial | Promise<Admission | Denial> {
    const read = readJwt(token);
    if (read === undefined || !TYPES.has(read.typ)) return MALFORMED;
    if (!isAcceptedAlgorithm(read.alg)) return invalid('it is signed by an algorithm that is not accepted');
    const why = this.#rules.whyNotValid(read.claims, this.#store.wallMs() / 1000);
    if (why !== undefined) return invalid(why);
    const keys = this.#rules.keys();
    if (typeof keys === 'string') return invalid(keys);
    const found = keys.find(read.kid);
    const take = (key: Found) => (typeof key === 'object' ? this.#checked(read, digest, key) : noKey(key, keys));
    return found instanceof Promise ? found.then(take) : take(found);
  }

  #checked(read: Jwt, digest: string, key: VerificationKey): Admission | Denial {
    const rules = this.#rules;
    const { claims, kid, signed } = read;
    if (rules.isOfSigner?.(claims) === false) return invalid('it is of another issuer');
    if (!isSignedBy(read, key)) return invalid('its signature is wrong');
    const caller = rules.callerOf(claims);
    const missing = rules.whatIsMissing(claims);
    if (missing !== undefined) {
      const challenge = `Bearer error="insufficient_scope"${rules.scope}`;
      return { denied: 'forbidden', why: `the token lacks ${missing}`, challenge, caller };
    }
    const admission = { caller, given: rules.given(claims) };
    const untilMs = Math.min(lastSecond(claims) * 1000, this.#store.wallMs() + BELIEVED_MS);
    if (!this.#released) this.#tokens.put(digest, { admission, kid, key, untilMs, characters: signed.length });
    return admission;
  }
}

function noKey(found: 'unknown' | 'unavailable', { failure = 'there was no answer' }: KeySet): Denial {
  if (found === 'unknown') return invalid('it is signed by a key that its issuer does not have');
  return invalid(`there are no keys of its issuer: ${failure}`);
}

function invalid(why: string): Denial {
  return { denied: 'invalid', why, challenge: 'Bearer error="invalid_token"' };
}
