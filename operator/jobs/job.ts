import * as z from 'zod';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { envLogLevel, envNamespaces } from '#platform/process/config.ts';
import type { Log } from '#platform/process/log.ts';

/** The jobs' environment. */
export const JobEnv = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Namespaces whose Functions are removed; absent: all. */
  CATNAP_NAMESPACES: envNamespaces.optional(),
  /** Where the test makes its Function. */
  CATNAP_TEST_NAMESPACE: z.string().optional(),
  /** Base URL of the gateway that the test asks. */
  CATNAP_TEST_GATEWAY: z.url({ protocol: /^https?$/ }).optional(),
  /** Longest that a job may take, in seconds. */
  CATNAP_CHORE_SECONDS: z.coerce.number().positive().max(3600).default(240),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
type JobConfig = Readonly<z.infer<typeof JobEnv>>;

/** What a job works with. */
export interface JobContext {
  kube: KubeClient;
  config: JobConfig;
  log: Log;
  /** Aborts when its time is up, or when it is told to stop. */
  signal: AbortSignal;
}

/** Resolves when it is done; rejects with what a person has to know. */
export type Job = (context: JobContext) => Promise<void>;
