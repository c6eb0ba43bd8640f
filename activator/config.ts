import * as z from 'zod';
import { CLUSTER_ACCESS_ENV } from '#platform/cluster-access.ts';
import { envLogLevel, envPort } from '#platform/config.ts';

/** The activator's environment. */
export const ActivatorConfig = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Where requests come in. */
  CATNAP_GATEWAY_PORT: envPort.default(8080),
  /** Address to listen on; default: all. */
  CATNAP_GATEWAY_HOST: z.string().optional(),
  /** /healthz, /readyz and /metrics. */
  CATNAP_OPS_PORT: envPort.default(9090),
  CATNAP_OPS_HOST: z.string().optional(),
  /** Functions are at `<name>.<namespace>.<this>`. */
  CATNAP_DOMAIN: z.string().toLowerCase().default('localhost'),
  /** The domain of the cluster's DNS. */
  CATNAP_CLUSTER_DOMAIN: z.string().toLowerCase().default('cluster.local'),
  /** Longest that a stop waits for requests to end, in seconds. */
  CATNAP_DRAIN_SECONDS: z.coerce.number().int().min(0).default(60),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
export type ActivatorConfig = Readonly<z.infer<typeof ActivatorConfig>>;
