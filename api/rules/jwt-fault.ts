/** Whether what a Function says of tokens means something. */
import { hasOtherUse } from './header-use.ts';

export interface JwtSpec {
  /** As it stands in the claim `iss`. */
  readonly issuer: string;
  /** Any of which has to be in the claim `aud`. */
  readonly audiences: readonly string[];
  /** Undefined: the issuer's own description says. */
  readonly jwksUri?: string | undefined;
  /** By name, or by JSON Pointer; of each, a value that is enough. */
  readonly claims?: Readonly<Record<string, readonly string[]>> | undefined;
  /** All of which are asked for. */
  readonly scopes?: readonly string[] | undefined;
  /** By header, the claim that the function gets there. */
  readonly forward?: Readonly<Record<string, string>> | undefined;
}

/** Of everything that is counted: more than the schema lets in. */
const MOST = 64;
const HEADER_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_]*[A-Za-z0-9])?$/;
const SCOPE = /^[!#-[\]-~]+$/;

/** The first that does not, behind the path of the field; undefined: all of it does. Trusts no schema. */
export function jwtFault(spec: JwtSpec): string | undefined {
  const { issuer, audiences, jwksUri, claims = {}, scopes = [], forward = {} } = spec;
  return (
    addressFault('issuer', issuer) ??
    (jwksUri === undefined ? undefined : addressFault('jwksUri', jwksUri)) ??
    (areTexts(audiences, 1) ? undefined : '.audiences: give at least one') ??
    claimsFault(claims) ??
    (areTexts(scopes, 0) && scopes.every((scope) => SCOPE.test(scope)) ? undefined : '.scopes: these are no scopes') ??
    forwardFault(forward)
  );
}

function addressFault(field: 'issuer' | 'jwksUri', address: unknown): string | undefined {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isHttp) return `.${field}: it is no address such as https://login.example.com`;
  if (url.username !== '' || url.password !== '') return `.${field}: a Function is no place for a password`;
  const isPlain = url.hash === '' && (field === 'jwksUri' || url.search === '');
  return isPlain ? undefined : `.${field}: nothing may follow behind ? or #`;
}

function claimsFault(claims: unknown): string | undefined {
  if (!isRecord(claims)) return '.claims: give lists by the names of claims';
  const wrong = Object.entries(claims).find(([name, values]) => name === '' || !areTexts(values, 1));
  return wrong === undefined ? undefined : `.claims[${JSON.stringify(wrong[0])}]: give a list of values`;
}

function forwardFault(forward: unknown): string | undefined {
  if (!isRecord(forward)) return '.forward: give names of claims by headers';
  for (const [header, claim] of Object.entries(forward)) {
    const place = `.forward[${JSON.stringify(header)}]`;
    if (!HEADER_NAME.test(header) || header.length > 63) return `${place}: this is no name of a header`;
    if (hasOtherUse(header)) return `${place}: the header has another use; name one of your own, such as X-User`;
    if (typeof claim !== 'string' || claim === '') return `${place}: give the name of a claim`;
  }
  const names = Object.keys(forward).map((header) => header.toLowerCase());
  return new Set(names).size < names.length ? '.forward: two headers have the same name' : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.keys(value).length <= MOST;
}

function areTexts(value: unknown, least: number): boolean {
  if (!Array.isArray(value) || value.length < least || value.length > MOST) return false;
  return value.every((text) => typeof text === 'string' && text !== '');
}
