import { IssuerKeySets } from './issuer-key-sets.ts';
import type { TokenChecks } from './jwt.ts';
import { ClusterIssuer } from './service-accounts.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** Of a gateway that asks no issuer for keys: no token is good. */
export function noIssuers(nowMs: () => number): TokenChecks {
  const load = () => Promise.reject(new Error('this gateway asks no issuers'));
  const issuers = new IssuerKeySets({ load, nowMs, failed: () => undefined });
  const cluster = new ClusterIssuer({ description: load, keys: load, nowMs });
  return { issuers, cluster, verified: new VerifiedTokens(), wallMs: Date.now };
}
