/**
 * Access by a kubeconfig: contexts, client certificates, tokens, exec plugins. The only file that loads the Kubernetes
 * client library, which costs tens of megabytes; it is imported only when there is a kubeconfig.
 */
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess, Credentials, TlsMaterial } from './credentials.ts';

/** What a kubeconfig's context leads to. */
export interface KubeconfigAccess extends ClusterAccess {
  /** Name of the context. */
  readonly context: string;
  /** Namespace that the context names; undefined: none. */
  readonly namespace: string | undefined;
}

/**
 * @param paths as in KUBECONFIG: files separated by colons, of which some may be missing
 * @param context which of its contexts; default: the current one
 * Throws where there is no such context, or where it has no cluster.
 */
export async function kubeconfigAccess(paths: string, context?: string): Promise<KubeconfigAccess> {
  let config = load(paths, context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`kubeconfig ${paths} has no cluster in its ${whichContext(context)}`);
  return {
    context: config.getCurrentContext(),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    server: cluster.server.replace(/\/+$/, ''),
    source: `kubeconfig ${paths}`,
    credentials: () => credentialsOf(config),
    refresh() {
      config = load(paths, context); // with an empty cache of what exec plugins said
    },
  };
}

function whichContext(context: string | undefined): string {
  return context === undefined ? 'current context' : `context ${context}`;
}

function load(paths: string, context: string | undefined): KubeConfig {
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
  if (context !== undefined) config.setCurrentContext(context);
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
