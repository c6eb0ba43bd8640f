import type { ClusterAccess } from '#platform/access/credentials.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { isKubeError } from '#platform/kube/error.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import type { Verdict } from './log-access.ts';

interface SelfSubjectAccessReview extends KubeObject {
  spec: { resourceAttributes: { namespace: string; verb: string; resource: string; subresource: string } };
  status?: { allowed: boolean };
}

const REVIEWS: Resource<SelfSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
};
const DEADLINE_MS = 5_000;

/** Asks the API server with the token itself, so that nothing is given that its owner does not have, and no right is needed to ask. */
export function reviewBy(access: ClusterAccess, signal: AbortSignal) {
  return async (token: string, namespace: string): Promise<Verdict> => {
    await using kube = new KubeClient(withToken(access, token), { userAgent: 'catnap-logs' });
    const spec = { resourceAttributes: { namespace, verb: 'get', resource: 'pods', subresource: 'log' } };
    try {
      const { status } = await kube.create(REVIEWS, { spec }, { signal, deadlineMs: DEADLINE_MS });
      return status?.allowed === true ? 'allowed' : 'forbidden';
    } catch (error) {
      if (isKubeError(error, 401)) return 'unknown-token';
      if (isKubeError(error, 403)) return 'forbidden';
      throw error;
    }
  };
}

/** The same server, by its CA, in another's name. */
function withToken(access: ClusterAccess, token: string): ClusterAccess {
  return {
    server: access.server,
    source: 'token of who asks',
    async credentials() {
      const { tls } = await access.credentials();
      const { cert: _, key: __, ...server } = tls;
      return { authorization: `Bearer ${token}`, tls: server };
    },
    refresh: () => undefined,
  };
}
