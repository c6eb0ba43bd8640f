/** Finds the API server. Loads nothing of the Kubernetes client library unless there is a kubeconfig to read. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CredentialFile } from './credential-file.ts';
import type { ClusterAccess } from './credentials.ts';

/** Environment that says where the API server is; spread it into a process's own schema. */
export const CLUSTER_ACCESS_ENV = {
  /** Address of the API server, e.g. `http://127.0.0.1:6443`. Goes before everything else. */
  CATNAP_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** File with a bearer token for CATNAP_API_URL. */
  CATNAP_API_TOKEN_FILE: z.string().optional(),
  /** PEM file with the CA that signed the certificate of CATNAP_API_URL. */
  CATNAP_API_CA_FILE: z.string().optional(),
  /** Kubeconfig files, separated by colons; default `~/.kube/config` when it exists. */
  KUBECONFIG: z.string().optional(),
  HOME: z.string().optional(),
  /** Set by kubelet in every pod. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.string().optional(),
};
const Env = z.object(CLUSTER_ACCESS_ENV);
type ClusterAccessEnv = z.infer<typeof Env>;

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * CATNAP_API_URL, else a kubeconfig (KUBECONFIG, or `~/.kube/config` when it exists), else the service account of the
 * pod. Throws when there is none of them, or when the one found cannot be read.
 */
export async function clusterAccess(
  env: ClusterAccessEnv,
  serviceAccountDir = SERVICE_ACCOUNT_DIR,
): Promise<ClusterAccess> {
  if (env.CATNAP_API_URL !== undefined) {
    const files = { token: env.CATNAP_API_TOKEN_FILE, ca: env.CATNAP_API_CA_FILE };
    return accessByFiles(env.CATNAP_API_URL, 'CATNAP_API_URL', files);
  }
  const kubeconfig = env.KUBECONFIG ?? kubeconfigAtHome(env.HOME);
  if (kubeconfig !== undefined) {
    const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
    return await kubeconfigAccess(kubeconfig);
  }
  if (env.KUBERNETES_SERVICE_HOST !== undefined) return accessInPod(env, serviceAccountDir);
  throw new Error('no API server: set CATNAP_API_URL or KUBECONFIG, or run in a pod with a service account token');
}

function kubeconfigAtHome(home: string | undefined): string | undefined {
  const path = home === undefined ? undefined : join(home, '.kube', 'config');
  return path !== undefined && existsSync(path) ? path : undefined;
}

function accessInPod(env: ClusterAccessEnv, directory: string): ClusterAccess {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`;
  return accessByFiles(server, 'service account', { token: join(directory, 'token'), ca: join(directory, 'ca.crt') });
}

/** Both files are read again from time to time: kubelet rotates tokens, and a CA may be replaced. */
function accessByFiles(
  server: string,
  source: string,
  paths: { token: string | undefined; ca: string | undefined },
): ClusterAccess {
  const token = paths.token === undefined ? undefined : new CredentialFile(paths.token);
  const ca = paths.ca === undefined ? undefined : new CredentialFile(paths.ca);
  return {
    server: server.replace(/\/+$/, ''),
    source,
    async credentials() {
      const bearer = await token?.read();
      const authority = await ca?.read();
      return {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        tls: authority === undefined ? {} : { ca: authority },
      };
    },
    refresh() {
      token?.forget();
      ca?.forget();
    },
  };
}
