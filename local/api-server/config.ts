import { z } from 'zod';
import { envLogLevel, envPort } from '#platform/process/config.ts';
import { REALISM_ENV } from '../realism/realism.ts';

export const ApiServerConfig = z.object({
  /** Port to listen on; 0: any free one. */
  CATNAP_API_PORT: envPort.default(0),
  /** Address to listen on. */
  CATNAP_API_HOST: z.string().default('127.0.0.1'),
  /** Folder of the cluster's state; absent: a temporary one, removed at a clean stop. The administrator's token is in it, in `admin.token`. */
  CATNAP_DATA_DIR: z.string().optional(),
  /** Where to write a kubeconfig for the administrator; absent: nowhere. */
  CATNAP_KUBECONFIG_FILE: z.string().optional(),
  /** File of more users, a line each: token,name,uid,"group1,group2". */
  CATNAP_API_TOKENS_FILE: z.string().optional(),
  /** File to append audit events to, a line each (audit.k8s.io/v1, level Metadata); absent: none are written. */
  CATNAP_AUDIT_LOG_FILE: z.string().optional(),
  ...REALISM_ENV,
  /** Least severe level that is written. */
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
