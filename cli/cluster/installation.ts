import * as z from 'zod';
import { INFO_CONFIG_MAP } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/kube/resources.ts';

const Info = z.object({
  /** Names of the log keeper's Service and of the account that reads for those without a token. */
  logsService: z.string().optional(),
  logsReader: z.string().optional(),
  /** The same of the dispatcher's, for invocations. */
  invocationsService: z.string().optional(),
  invocationsAccount: z.string().optional(),
  lokiUrl: z.string().optional(),
  lokiSelector: z.string().optional(),
  lokiTenant: z.string().optional(),
});

/** What the installation calls its parts; what is not said is undefined. */
export type Installation = z.infer<typeof Info>;

/** Nothing where there is no such ConfigMap, or where the caller may not read it. */
export async function installationOf(
  kube: Pick<KubeClient, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Installation> {
  try {
    const { data = {} } = await kube.get<ConfigMap>(CONFIG_MAPS, { namespace, name: INFO_CONFIG_MAP }, { signal });
    return Info.parse(data);
  } catch (error) {
    if (error instanceof KubeError && (error.status === 403 || error.status === 404)) return {};
    throw error;
  }
}
