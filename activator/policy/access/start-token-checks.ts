import type { Registry } from 'prom-client';
import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { issuerKeys } from '#platform/issuers/issuer-keys.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { IssuerKeySets } from './issuer-key-sets.ts';
import { issuerMetrics } from './issuer-metrics.ts';
import type { TokenChecks } from './jwt.ts';
import { ClusterIssuer } from './service-accounts.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** What of the environment is about issuers; config.ts says what each means. */
interface IssuerConfig {
  readonly CATNAP_ISSUER_HTTP: boolean;
  readonly CATNAP_ISSUER_NETWORKS: readonly string[];
}

export interface TokenCheckDeps {
  config: IssuerConfig;
  clock: Clock;
  log: Log;
  registry: Registry;
  kube: KubeClient;
}

/** No more lines on one issuer; of so many issuers at most. */
const LOG_PAUSE_MS = 60_000;
const LOGGED_MAX = 1_000;

/** Where kube-apiserver says who signs service account tokens, and with which keys; every service account may read both. */
const DESCRIPTION_PATH = '/.well-known/openid-configuration';
const KEY_SET_PATH = '/openid/v1/jwks';
const API_SERVER_MS = 4_000;

export function startTokenChecks({ config, clock, log, registry, kube }: TokenCheckDeps): TokenChecks {
  const rules = {
    addresses: new ReachableAddresses(config.CATNAP_ISSUER_NETWORKS),
    allowHttp: config.CATNAP_ISSUER_HTTP,
  };
  const asked = issuerMetrics(registry);
  const loggedAtMs = new Map<string, number>();
  const issuers = new IssuerKeySets({
    async load(source) {
      const keys = await issuerKeys(source, rules);
      asked('answered');
      return keys;
    },
    nowMs: () => clock.nowMs(),
    failed(namespace, issuer, why) {
      asked('failed');
      const id = `${namespace} ${issuer}`;
      if (clock.nowMs() - (loggedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < LOG_PAUSE_MS) return;
      if (loggedAtMs.size >= LOGGED_MAX) loggedAtMs.clear();
      loggedAtMs.set(id, clock.nowMs());
      log.warn(
        { namespace, issuer, why },
        'an issuer of tokens does not give its keys: tokens that need them are refused',
      );
    },
  });
  const raw = (path: string) => kube.raw(path, { signal: AbortSignal.timeout(API_SERVER_MS) });
  const cluster = new ClusterIssuer({
    description: () => raw(DESCRIPTION_PATH),
    keys: () => raw(KEY_SET_PATH),
    nowMs: () => clock.nowMs(),
  });
  return { issuers, cluster, verified: new VerifiedTokens(), wallMs: Date.now };
}
