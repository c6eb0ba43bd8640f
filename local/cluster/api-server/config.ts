import { z } from 'zod';
import { envLogLevel, envPort } from '#platform/process/config.ts';
import { REALISM_ENV } from '../realism/realism.ts';

/** It ends up in a version, as its build: `v1.36.0+local`. */
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

export const ApiServerConfig = z.object({
  /** The cluster's name: that of the kubeconfig's context; its administrator is `<name>-admin`. */
  CLUSTER_NAME: z.string().regex(NAME, 'must be lower case letters, digits and "-"').default('local'),
  /** Port to listen on; 0: any free one. */
  CLUSTER_API_PORT: envPort.default(0),
  /** Address to listen on. */
  CLUSTER_API_HOST: z.string().default('127.0.0.1'),
  /** Folder of the cluster's state; absent: a temporary one, removed at a clean stop. The administrator's token is in it, in `admin.token`. */
  CLUSTER_DATA_DIR: z.string().optional(),
  /** Where to write a kubeconfig for the administrator; absent: nowhere. */
  CLUSTER_KUBECONFIG_FILE: z.string().optional(),
  /** File of more users, a line each: token,name,uid,"group1,group2". */
  CLUSTER_API_TOKENS_FILE: z.string().optional(),
  /** File to append audit events to, a line each (audit.k8s.io/v1, level Metadata); absent: none are written. */
  CLUSTER_AUDIT_LOG_FILE: z.string().optional(),
  ...REALISM_ENV,
  /** Least severe level that is written. */
  CLUSTER_LOG_LEVEL: envLogLevel.default('info'),
});
