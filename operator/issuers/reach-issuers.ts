import { keysIn } from '#platform/access/key-set.ts';
import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { issuerKeys, type KeySource } from '#platform/issuers/issuer-keys.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { WorkQueueMetrics } from '#platform/process/metrics.ts';
import type { OperatorConfig } from '../config.ts';
import { IssuerReach, type IssuerTimes } from './issuer-reach.ts';

interface ReachOptions {
  config: OperatorConfig;
  log: Log;
  metrics: WorkQueueMetrics;
  lifecycle: Pick<Lifecycle, 'onStop'>;
  issuerTimes?: IssuerTimes | undefined;
  onNews: (key: string) => void;
}

/** Issuers are asked as gateways ask them. Stops with the lifecycle. */
export function reachIssuers({ config, log, metrics, lifecycle, issuerTimes, onNews }: ReachOptions): IssuerReach {
  const addresses = new ReachableAddresses(config.CATNAP_ISSUER_NETWORKS);
  const ask = async (source: KeySource) => {
    const keys = keysIn(await issuerKeys(source, { addresses, allowHttp: config.CATNAP_ISSUER_HTTP }));
    if (keys.size === 0) throw new Error('no key in the set can be used');
  };
  const issuers = new IssuerReach({ ask, onNews, log, metrics, times: issuerTimes });
  lifecycle.onStop('issuers', () => issuers[Symbol.asyncDispose]());
  return issuers;
}
