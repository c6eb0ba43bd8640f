/** What claims of a token say, where its signature is found good elsewhere. Pure. */
import type { JwtSpec } from '#api/rules/jwt-fault.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Seconds that two clocks may differ. */
const LEEWAY_SECONDS = 30;
/** OpenID Connect has 255. */
const SUBJECT_MAX_CHARACTERS = 256;
/** Of a forwarded value, encoded. */
const FORWARDED_MAX_CHARACTERS = 1024;
const FORWARDED_MAX_ITEMS = 64;

/** Why the token is not for the function, or not for now; undefined: it is. @param nowSeconds since 1970 */
export function whyNotValid(
  claims: Claims,
  { issuer, audiences }: Pick<JwtSpec, 'issuer' | 'audiences'>,
  nowSeconds: number,
): string | undefined {
  const { iss, aud, sub, exp, nbf, iat } = claims;
  if (iss !== issuer) return 'it is of another issuer';
  if (!(Array.isArray(aud) ? aud : [aud]).some((one) => audiences.includes(one))) return 'it is for another audience';
  if (!isTime(exp) || nowSeconds >= exp + LEEWAY_SECONDS) return 'it has expired, or says not when it does';
  const isEarly = [nbf, iat].some(
    (time) => time !== undefined && !(isTime(time) && nowSeconds >= time - LEEWAY_SECONDS),
  );
  if (isEarly) return 'its time has not come';
  const isNamed = typeof sub === 'string' && sub !== '' && sub.length <= SUBJECT_MAX_CHARACTERS;
  return isNamed ? undefined : 'it says not of whom it is';
}

/** Seconds since 1970 until when a token is taken that `whyNotValid` finds none with. */
export function lastSecond({ exp }: Claims): number {
  return Number(exp) + LEEWAY_SECONDS;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** What the claims lack of what is asked for besides; undefined: nothing. */
export function whatIsMissing(claims: Claims, spec: Pick<JwtSpec, 'scopes' | 'claims'>): string | undefined {
  const given = scopesOf(claims);
  const scope = (spec.scopes ?? []).find((one) => !given.includes(one));
  if (scope !== undefined) return `the scope ${scope}`;
  const wanted = Object.entries(spec.claims ?? {});
  const wrong = wanted.find(([name, values]) => !hasOneOf(claimAt(claims, name), values));
  return wrong && `what is asked for in the claim ${wrong[0]}`;
}

function scopesOf({ scope, scp }: Claims): readonly unknown[] {
  return [scope, scp].flatMap((given) =>
    typeof given === 'string' ? given.split(' ') : Array.isArray(given) ? given : [],
  );
}

function hasOneOf(given: unknown, values: readonly string[]): boolean {
  const items = Array.isArray(given) ? given : [given];
  return items.some((item) => isPlain(item) && values.includes(String(item)));
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** By name, or by JSON Pointer (RFC 6901) where it begins with a slash. Undefined: there is none; what every object has counts as none. */
function claimAt(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return Object.hasOwn(claims, name) ? claims[name] : undefined;
  let at: unknown = claims;
  for (const part of name.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** Headers that the function gets; name, value, … A claim that is not there, an object, or too long is left out. */
export function forwardedHeaders(claims: Claims, forward: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(forward).flatMap(([header, name]) => {
    const value = headerValue(claimAt(claims, name));
    return value === undefined ? [] : [header.toLowerCase(), value];
  });
}

/** Percent-encoded but for what is seen of ASCII; items of a list with commas between, and those in them encoded. */
function headerValue(claim: unknown): string | undefined {
  const items = Array.isArray(claim) ? claim : [claim];
  if (!items.every(isPlain) || items.length > FORWARDED_MAX_ITEMS) return undefined;
  const separator = Array.isArray(claim) ? /[^!-$&-+\--~]+/gu : /[^!-$&-~]+/gu;
  const value = items.map((item) => String(item).toWellFormed().replaceAll(separator, encodeURIComponent)).join(',');
  return value.length <= FORWARDED_MAX_CHARACTERS ? value : undefined;
}
