import type { JwtSpec } from '#api/rules/jwt-fault.ts';
import { BearerWay, type TokenStore } from './bearer-way.ts';
import type { HeldKeys, IssuerKeySets } from './issuer-key-sets.ts';
import type { ClusterIssuer } from './service-accounts.ts';
import { forwardedHeaders, whatIsMissing, whyNotValid } from './token-claims.ts';
import type { WayIn } from './way-in.ts';

/** What tokens are checked with; one for the process. */
export interface TokenChecks extends TokenStore {
  readonly issuers: IssuerKeySets;
  /** The API server, as the one that signs tokens of service accounts. */
  readonly cluster: ClusterIssuer;
}

/** Tokens of an issuer that the function names. */
export function jwt(spec: JwtSpec, namespace: string, checks: TokenChecks): WayIn {
  const { issuer, jwksUri, scopes = [], forward = {} } = spec;
  /** Undefined until a token needs it. */
  let held: HeldKeys | undefined;
  let isReleased = false;
  return new BearerWay(
    {
      withheld: Object.keys(forward).map((header) => header.toLowerCase()),
      whyNotValid: (claims, nowSeconds) => whyNotValid(claims, spec, nowSeconds),
      keys() {
        if (!isReleased) held ??= checks.issuers.hold(namespace, { issuer, jwksUri });
        return held?.keys ?? `the namespace names too many issuers for ${issuer} to be asked`;
      },
      callerOf: (claims) => ({ way: 'jwt', name: String(claims.sub), issuer, claims }),
      whatIsMissing: (claims) => whatIsMissing(claims, spec),
      given: (claims) => forwardedHeaders(claims, forward),
      scope: scopes.length === 0 ? '' : `, scope="${scopes.join(' ')}"`,
      release() {
        isReleased = true;
        held?.release();
      },
    },
    checks,
  );
}
