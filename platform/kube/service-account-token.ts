/** Tokens for processes that are no pods, so that each asks the API server in a name of its own. */
import type { KubeClient } from './client.ts';
import type { KubeObject, Resource } from './resources.ts';

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

/** What the API server gives by itself. */
const EXPIRATION_SECONDS = 3_600;

interface TokenOf {
  namespace: string;
  name: string;
  /** Default: the API server. */
  audience?: string;
  /** How long it is good for, at least ten minutes; default: an hour. */
  expirationSeconds?: number;
}

/** A token of a service account that is there. Throws a KubeError, with 404 when it is not there. */
export async function serviceAccountToken(
  kube: Pick<KubeClient, 'create'>,
  { namespace, name, audience, expirationSeconds = EXPIRATION_SECONDS }: TokenOf,
  signal: AbortSignal,
): Promise<string> {
  const wish: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace },
    spec: { expirationSeconds, ...(audience !== undefined && { audiences: [audience] }) },
  };
  const { status } = await kube.create(SERVICE_ACCOUNTS, wish, { subresource: 'token', signal });
  if (status === undefined) throw new Error(`the API server gave service account ${namespace}/${name} no token`);
  return status.token;
}
