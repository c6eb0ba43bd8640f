import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import type { Cluster } from './cluster.ts';

/** The shortest that the API server gives. */
const EXPIRATION_SECONDS = 600;

interface Asking extends Pick<Cluster, 'systemNamespace' | 'token'> {
  kube: Pick<KubeClient, 'create'>;
}

/** The caller has no token, and none could be made. */
export class NoCallerToken extends Error {
  override readonly name = 'NoCallerToken';
  /** There is no such account: what it is for is not installed. Otherwise this caller may not have a token of it. */
  readonly isAbsent: boolean;

  constructor(message: string, { isAbsent, cause }: { isAbsent: boolean; cause: unknown }) {
    super(message, { cause });
    this.isAbsent = isAbsent;
  }
}

/**
 * What proves who asks to a part of Catnap that is reached through the API server. Who is known to that one by a certificate has
 * no token: a token of `account` in Catnap's own namespace is made, which only administrators may do. Throws NoCallerToken.
 */
export async function callerToken(
  { kube, systemNamespace: namespace, token }: Asking,
  account: string,
  signal: AbortSignal,
): Promise<string> {
  const own = await token();
  if (own !== undefined) return own;
  try {
    return await serviceAccountToken(kube, { namespace, name: account, expirationSeconds: EXPIRATION_SECONDS }, signal);
  } catch (cause) {
    if (!(cause instanceof KubeError && (cause.status === 403 || cause.status === 404))) throw cause;
    const isAbsent = cause.status === 404;
    const why = isAbsent
      ? `there is no account ${namespace}/${account}`
      : `callers are known by a token; this kubeconfig has a certificate, and may not have a token of ${namespace}/${account} made`;
    throw new NoCallerToken(why, { isAbsent, cause });
  }
}
