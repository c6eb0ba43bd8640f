/**
 * Access by a kubeconfig: contexts, client certificates, tokens, exec plugins. The only file that loads the Kubernetes
 * client library, which costs tens of megabytes; it is imported only when there is a kubeconfig.
 */
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess, Credentials, TlsMaterial } from './credentials.ts';

/** @param paths as in KUBECONFIG: files separated by colons, of which some may be missing. Throws without a usable current context. */
export async function kubeconfigAccess(paths: string): Promise<ClusterAccess> {
  let config = load(paths);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`kubeconfig ${paths} has no cluster in its current context`);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    source: `kubeconfig ${paths}`,
    credentials: () => credentialsOf(config),
    refresh() {
      config = load(paths); // with an empty cache of what exec plugins said
    },
  };
}

function load(paths: string): KubeConfig {
  const config = new KubeConfig();
  const named = paths.split(':').filter((path) => path !== '');
  const [first, ...others] = named.filter((path) => existsSync(path));
  if (first === undefined) throw new Error(`no kubeconfig at ${paths}`);
  config.loadFromFile(first);
  for (const path of others) {
    const other = new KubeConfig();
    other.loadFromFile(path);
    config.mergeConfig(other);
  }
  return config;
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  options.agent = undefined; // ours holds the connections
  const authorization = authorizationOf(options);
  return { ...(authorization !== undefined && { authorization }), tls: tlsOf(options) };
}

function authorizationOf(options: RequestOptions): string | undefined {
  if (options.auth) return `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const headers = options.headers as Record<string, string> | undefined;
  return headers?.Authorization;
}

function tlsOf(options: RequestOptions): TlsMaterial {
  const pem = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
  const [ca, cert, key] = [pem(options.ca), pem(options.cert), pem(options.key)];
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(options.servername && { servername: options.servername }),
    ...(options.rejectUnauthorized !== undefined && { rejectUnauthorized: options.rejectUnauthorized }),
  };
}
