import type { Registry } from 'prom-client';
import { issuerKeys } from '#platform/issuers/issuer-keys.ts';
import { ReachableAddresses } from '#platform/issuers/reachable-addresses.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { IssuerKeySets } from './issuer-key-sets.ts';
import { issuerMetrics } from './issuer-metrics.ts';
import type { TokenChecks } from './jwt.ts';
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
}

/** No more lines on one issuer; of so many issuers at most. */
const LOG_PAUSE_MS = 60_000;
const LOGGED_MAX = 1_000;

export function startTokenChecks({ config, clock, log, registry }: TokenCheckDeps): TokenChecks {
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
  return { issuers, verified: new VerifiedTokens(), wallMs: Date.now };
}
