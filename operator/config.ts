import * as z from 'zod';
import { GATEWAY_SERVICE, SYSTEM_NAMESPACE } from '#api/names.ts';
import { CLUSTER_ACCESS_ENV } from '#platform/cluster-access.ts';
import { envList, envLogLevel, envPort } from '#platform/config.ts';

const seconds = z.coerce.number().positive().max(3600);

/** The operator's environment. */
export const OperatorEnv = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Functions answer at `<name>.<namespace>.<domain>`. */
  CATNAP_DOMAIN: z.string().default('localhost'),
  /** Scheme of the addresses in status.url. */
  CATNAP_URL_SCHEME: z.enum(['http', 'https']).default('http'),
  /** Port of the addresses in status.url; absent: the scheme's own. */
  CATNAP_URL_PORT: envPort.optional(),
  /** Image of the pods that run functions from source. */
  CATNAP_RUNTIME_IMAGE: z.string().default('catnap.dev/runtime:dev'),
  /** Namespace of operator and gateway. */
  CATNAP_SYSTEM_NAMESPACE: z.string().default(SYSTEM_NAMESPACE),
  /** Name of the gateway's Service there. */
  CATNAP_GATEWAY_SERVICE: z.string().default(GATEWAY_SERVICE),
  CATNAP_CLUSTER_DOMAIN: z.string().default('cluster.local'),
  /** Base URLs of the activators' operational ports; absent: found by the gateway Service's EndpointSlices. */
  CATNAP_ACTIVATOR_URLS: envList.optional(),
  /** Port and address of /healthz, /readyz and /metrics. Port 0: any free one. */
  CATNAP_OPS_PORT: envPort.default(9090),
  CATNAP_OPS_HOST: z.string().optional(),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
  /** How often the activators are asked for their metrics, in seconds. */
  CATNAP_SCRAPE_SECONDS: seconds.default(1),
  /** How long the bundler's process is kept after the last build, in seconds. */
  CATNAP_BUNDLER_IDLE_SECONDS: seconds.default(10),
  /** Functions that are worked on at the same time. */
  CATNAP_RECONCILES: z.coerce.number().int().min(1).max(64).default(4),
});
export type OperatorConfig = Readonly<z.infer<typeof OperatorEnv>>;
