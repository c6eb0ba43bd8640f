/** Tokens for processes that are no pods, so that each asks the API server in a name of its own. */
import type { KubeClient } from '#platform/kube/client.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';

interface TokenRequest extends KubeObject {
  spec?: { expirationSeconds: number; audiences?: string[] };
  status?: { token: string };
}

const SERVICE_ACCOUNTS: Resource<TokenRequest> = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};

/** Longer than anyone leaves a cluster on his machine running: nobody renews these tokens. */
const EXPIRATION_SECONDS = 30 * 24 * 60 * 60;

interface TokenOf {
  namespace: string;
  name: string;
  /** Default: the API server. */
  audience?: string;
}

/** A token of a service account that is there, good for thirty days. Throws a KubeError, with 404 when it is not there. */
export async function serviceAccountToken(
  kube: Pick<KubeClient, 'create'>,
  { namespace, name, audience }: TokenOf,
  signal: AbortSignal,
): Promise<string> {
  const wish: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace },
    spec: { expirationSeconds: EXPIRATION_SECONDS, ...(audience !== undefined && { audiences: [audience] }) },
  };
  const { status } = await kube.create(SERVICE_ACCOUNTS, wish, { subresource: 'token', signal });
  if (status === undefined) throw new Error(`the API server gave service account ${namespace}/${name} no token`);
  return status.token;
}
