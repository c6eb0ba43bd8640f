import { LOGS_READER } from '#api/kept-log.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { NoKeeper } from './kept-lines.ts';

/** The shortest that the API server gives. */
const EXPIRATION_SECONDS = 600;

/** A token for those who have none, because the API server knows them by a certificate: only administrators are given one. Throws NoKeeper. */
export async function readerToken(
  kube: Pick<KubeClient, 'create'>,
  { namespace, name = LOGS_READER }: { namespace: string; name?: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  try {
    return await serviceAccountToken(kube, { namespace, name, expirationSeconds: EXPIRATION_SECONDS }, signal);
  } catch (error) {
    if (!(error instanceof KubeError && (error.status === 403 || error.status === 404))) throw error;
    const why =
      error.status === 404
        ? 'no log keeper is installed'
        : `the log keeper knows callers by a token; this kubeconfig has a certificate, and may not have a token of ${namespace}/${name} made`;
    throw new NoKeeper(why, { cause: error });
  }
}
