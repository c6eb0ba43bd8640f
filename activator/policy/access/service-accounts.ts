import type { ServiceAccountSpec } from '#api/rules/access-fault.ts';
import { KeySet } from '#platform/access/key-set.ts';
import { BearerWay, type TokenStore } from './bearer-way.ts';
import { whyNotValid } from './token-claims.ts';
import type { WayIn } from './way-in.ts';

interface ClusterIssuerOptions {
  /** The API server's description of itself as an issuer, and its key set; they reject when there is no answer. */
  description(): Promise<unknown>;
  keys(): Promise<unknown>;
  nowMs(): number;
}

/** Keys are asked for anew in the background; when they last came an hour ago, before they are used. */
const FRESH_MS = 600_000;
const KEPT_MS = 86_400_000;

/** The API server's issuer of service account tokens: who it is, and its keys. Asked when a token needs it. */
export class ClusterIssuer {
  readonly keys: KeySet;
  /** Undefined: it was not asked yet. */
  issuer: string | undefined;

  constructor(options: ClusterIssuerOptions) {
    const load = async () => {
      const [description, keys] = await Promise.all([options.description(), options.keys()]);
      const { issuer } = (description ?? {}) as { issuer?: unknown };
      if (typeof issuer !== 'string') throw new TypeError('the API server does not say who issues its tokens');
      this.issuer = issuer;
      return keys;
    };
    this.keys = new KeySet({ load, nowMs: options.nowMs, freshMs: FRESH_MS, keptMs: KEPT_MS });
  }
}

/** Tokens that Kubernetes gives to pods, checked without a call to the API server for each. */
export function serviceAccounts(
  { accounts, audiences }: { accounts: readonly ServiceAccountSpec[]; audiences: readonly string[] },
  checks: TokenStore & { readonly cluster: ClusterIssuer },
): WayIn {
  const { cluster } = checks;
  const allowed = new Set(accounts.map(({ namespace, name }) => `system:serviceaccount:${namespace}:${name}`));
  return new BearerWay(
    {
      withheld: [],
      // Its issuer is known once the API server was asked; isOfSigner looks at it then.
      whyNotValid: (claims, nowSeconds) =>
        whyNotValid(claims, { issuer: cluster.issuer ?? String(claims.iss), audiences }, nowSeconds),
      keys: () => cluster.keys,
      isOfSigner: ({ iss }) => cluster.issuer !== undefined && iss === cluster.issuer,
      callerOf: (claims) => ({ way: 'serviceAccounts', name: String(claims.sub), claims }),
      whatIsMissing: ({ sub }) => (allowed.has(String(sub)) ? undefined : 'one of the accounts that may ask'),
      given: () => [],
      scope: '',
      release: () => undefined,
    },
    checks,
  );
}
