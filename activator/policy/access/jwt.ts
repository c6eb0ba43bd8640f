import type { JwtSpec } from '#api/rules/jwt-fault.ts';
import {
  isAcceptedAlgorithm,
  isSignedBy,
  JWT_MAX_CHARACTERS,
  type Jwt,
  readJwt,
  type VerificationKey,
} from '#platform/access/jwt.ts';
import type { KeySet } from '#platform/access/key-set.ts';
import type { RequestFacts } from '../policy.ts';
import { bearerToken } from './bearer-token.ts';
import type { HeldKeys, IssuerKeySets } from './issuer-key-sets.ts';
import { forwardedHeaders, lastSecond, whatIsMissing, whyNotValid } from './token-claims.ts';
import { digestOf, type OwnTokens, type Verified, type VerifiedTokens } from './verified-tokens.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

/** What tokens are checked with; one for the process. */
export interface TokenChecks {
  readonly issuers: IssuerKeySets;
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
 * Tokens of an issuer. What costs least is looked at first, so that only what claims to be of this issuer, for this
 * function and of this time makes the gateway ask for keys. Where there are no keys, no token is good.
 */
export function jwt(spec: JwtSpec, namespace: string, checks: TokenChecks): WayIn {
  return new JwtWay(spec, namespace, checks);
}

class JwtWay implements WayIn {
  readonly withheld: readonly string[];
  readonly #spec: JwtSpec;
  readonly #namespace: string;
  readonly #checks: TokenChecks;
  readonly #tokens: OwnTokens;
  /** Undefined until a token needs it. */
  #held: HeldKeys | undefined;
  #released = false;

  constructor(spec: JwtSpec, namespace: string, checks: TokenChecks) {
    this.#spec = spec;
    this.#namespace = namespace;
    this.#checks = checks;
    this.#tokens = checks.verified.own();
    this.withheld = ['authorization', ...Object.keys(spec.forward ?? {}).map((header) => header.toLowerCase())];
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
    this.#held?.release();
  }

  /** Its time has not passed, and its issuer has the key still. */
  #isGood({ untilMs, kid, key }: Verified): boolean {
    return this.#checks.wallMs() < untilMs && this.#held?.keys.find(kid) === key;
  }

  #judgeAnew(token: string, digest: string): Admission | Denial | Promise<Admission | Denial> {
    const read = readJwt(token);
    if (read === undefined || !TYPES.has(read.typ)) return MALFORMED;
    if (!isAcceptedAlgorithm(read.alg)) return invalid('it is signed by an algorithm that is not accepted');
    const why = whyNotValid(read.claims, this.#spec, this.#checks.wallMs() / 1000);
    if (why !== undefined) return invalid(why);
    const keys = this.#keys();
    if (keys === undefined) return invalid(`the namespace names too many issuers for ${this.#spec.issuer} to be asked`);
    const found = keys.find(read.kid);
    const take = (key: Found) => (typeof key === 'object' ? this.#checked(read, digest, key) : this.#noKey(key, keys));
    return found instanceof Promise ? found.then(take) : take(found);
  }

  #keys(): KeySet | undefined {
    const { issuer, jwksUri } = this.#spec;
    if (!this.#released) this.#held ??= this.#checks.issuers.hold(this.#namespace, { issuer, jwksUri });
    return this.#held?.keys;
  }

  #noKey(found: 'unknown' | 'unavailable', { failure = 'it does not answer' }: KeySet): Denial {
    if (found === 'unknown') return invalid('it is signed by a key that its issuer does not have');
    return invalid(`there are no keys of ${this.#spec.issuer}: ${failure}`);
  }

  #checked(read: Jwt, digest: string, key: VerificationKey): Admission | Denial {
    if (!isSignedBy(read, key)) return invalid('its signature is wrong');
    const { claims, kid, signed } = read;
    const { issuer, scopes = [], forward } = this.#spec;
    const caller = { way: 'jwt', name: String(claims.sub), issuer, claims };
    const missing = whatIsMissing(claims, this.#spec);
    if (missing !== undefined) {
      const scope = scopes.length === 0 ? '' : `, scope="${scopes.join(' ')}"`;
      const challenge = `Bearer error="insufficient_scope"${scope}`;
      return { denied: 'forbidden', why: `the token lacks ${missing}`, challenge, caller };
    }
    const admission = { caller, given: forwardedHeaders(claims, forward) };
    const untilMs = Math.min(lastSecond(claims) * 1000, this.#checks.wallMs() + BELIEVED_MS);
    if (!this.#released) this.#tokens.put(digest, { admission, kid, key, untilMs, characters: signed.length });
    return admission;
  }
}

function invalid(why: string): Denial {
  return { denied: 'invalid', why, challenge: 'Bearer error="invalid_token"' };
}
