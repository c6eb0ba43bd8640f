import * as z from 'zod';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import { envLogLevel, envNamespaces, envPort } from '#platform/process/config.ts';

const mebibytes = (most: number) => z.coerce.number().int().min(1).max(most);

/** The log keeper's environment. */
export const LogKeeperEnv = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Folder that lines are kept in. */
  CATNAP_LOGS_FOLDER: z.string().min(1),
  /** Kept of each function, in MiB. */
  CATNAP_LOGS_PER_FUNCTION_MIB: mebibytes(64).default(1),
  /** Kept in all, in MiB. */
  CATNAP_LOGS_TOTAL_MIB: mebibytes(1_048_576).default(256),
  /** How long a line is kept, in hours. */
  CATNAP_LOGS_HOURS: z.coerce.number().int().min(1).max(8_760).default(24),
  /** Containers that are followed at the same time: each is a request to the API server that lasts. */
  CATNAP_LOGS_STREAMS: z.coerce.number().int().min(1).max(10_000).default(500),
  /** Port and address at which lines are read. Port 0: any free one. */
  CATNAP_LOGS_PORT: envPort.default(8080),
  CATNAP_LOGS_HOST: z.string().optional(),
  /** Namespaces whose functions' logs are kept; absent: all. */
  CATNAP_NAMESPACES: envNamespaces.optional(),
  /** Port and address of /healthz, /readyz and /metrics. Port 0: any free one. */
  CATNAP_OPS_PORT: envPort.default(9090),
  CATNAP_OPS_HOST: z.string().optional(),
  /** Address to listen on when the two above are absent; default: all. */
  HOST: z.string().optional(),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
