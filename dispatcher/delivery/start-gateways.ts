import { DELIVERY_PORT_NAME } from '#api/invocations.ts';
import { CredentialFile } from '#platform/access/credential-file.ts';
import { Informer } from '#platform/informer/informer.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { serviceEndpoints } from '#platform/kube/endpoint-urls.ts';
import { ENDPOINT_SLICES, type EndpointSlice } from '#platform/kube/resources.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import type { Clock } from '#platform/time/clock.ts';
import { GatewayPool } from './gateway-pool.ts';
import type { GatewayEndpoint } from './gateways.ts';

/** What of the environment is about gateways; config.ts says what each means. */
interface GatewayConfig {
  readonly CATNAP_GATEWAY_TOKEN_FILE: string;
  readonly CATNAP_GATEWAY_URLS: readonly string[];
  readonly CATNAP_ACTIVATOR_SERVICE?: string | undefined;
  readonly CATNAP_SYSTEM_NAMESPACE?: string | undefined;
}

interface GatewayDeps {
  config: GatewayConfig;
  kube: KubeClient;
  clock: Clock;
  log: Log;
  metrics: InformerMetrics;
  lifecycle: Pick<Lifecycle, 'onStop'>;
}

/** Follows the activators' Service. `synced` resolves when all are known that there are. */
export function startGateways({ config, kube, clock, log, metrics, lifecycle }: GatewayDeps): {
  pool: GatewayPool;
  synced: Promise<void>;
} {
  const pool = new GatewayPool({ clock, token: new CredentialFile(config.CATNAP_GATEWAY_TOKEN_FILE) });
  lifecycle.onStop('connections to gateways', () => pool[Symbol.dispose]());
  const fixed = config.CATNAP_GATEWAY_URLS.map(namedGateway);
  pool.set(fixed);
  const { CATNAP_ACTIVATOR_SERVICE: service, CATNAP_SYSTEM_NAMESPACE: namespace } = config;
  if (service === undefined || namespace === undefined) return { pool, synced: Promise.resolve() };
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const slices = new Informer({ kube, resource: ENDPOINT_SLICES, namespace, labelSelector, log, metrics });
  lifecycle.onStop('watch of gateways', () => slices[Symbol.asyncDispose]());
  slices.onChange(() => pool.set([...fixed, ...gatewaysIn(slices.list())]));
  return { pool, synced: slices.synced };
}

/** One of each pod, also where it has addresses of two families. */
function gatewaysIn(slices: readonly EndpointSlice[]): GatewayEndpoint[] {
  const byPod = new Map<string, GatewayEndpoint>();
  for (const { url, podUid = url, ready } of serviceEndpoints(slices, DELIVERY_PORT_NAME))
    if (!byPod.has(podUid)) byPod.set(podUid, { url, ready });
  return [...byPod.values()];
}

function namedGateway(url: string): GatewayEndpoint {
  if (URL.parse(url)?.protocol !== 'http:') throw new Error(`CATNAP_GATEWAY_URLS: "${url}" is no http:// URL`);
  return { url, ready: true };
}
