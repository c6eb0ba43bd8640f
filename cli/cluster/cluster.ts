import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigAccess } from '#platform/access/kubeconfig-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

/** How the command line and the environment name a cluster; all may be left out. */
export interface ClusterChoice {
  /** Files as in KUBECONFIG. */
  kubeconfig: string | undefined;
  context: string | undefined;
  namespace: string | undefined;
  /** Where Catnap itself is installed. */
  systemNamespace: string;
  /** Name of the gateway's Service there. */
  gatewayService: string;
}

/** The cluster that a command works on. */
export interface Cluster extends AsyncDisposable {
  readonly kube: KubeClient;
  /** Of the functions that the command is about. */
  readonly namespace: string;
  readonly systemNamespace: string;
  readonly gatewayService: string;
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /** The caller's own token; undefined: it is known to the API server otherwise, by a certificate. */
  token(): Promise<string | undefined>;
}

/** Reads the kubeconfig; asks nothing of the API server yet. Throws a CommandError where there is none, or none that can be used. */
export async function connect(choice: ClusterChoice): Promise<Cluster> {
  if (choice.kubeconfig === undefined)
    throw new CommandError(
      'no cluster: there is neither KUBECONFIG nor ~/.kube/config; name one with --kubeconfig, or start one with catnap dev',
      EXIT.cluster,
    );
  const access = await kubeconfigAccess(choice.kubeconfig, choice.context).catch((cause: Error) => {
    throw new CommandError(cause.message, EXIT.cluster, { cause });
  });
  const kube = new KubeClient(access, { userAgent: 'catnap-cli' });
  return {
    kube,
    // An empty one is none.
    namespace: choice.namespace || access.namespace || 'default',
    systemNamespace: choice.systemNamespace,
    gatewayService: choice.gatewayService,
    context: access.context,
    token: async () => /^Bearer (.+)$/i.exec((await access.credentials()).authorization ?? '')?.[1],
    [Symbol.asyncDispose]: () => kube[Symbol.asyncDispose](),
  };
}

/** The kubeconfig that applies, as kubectl finds it; undefined: none. */
export function kubeconfigPaths(
  named: string | undefined,
  env: { KUBECONFIG?: string | undefined; HOME?: string | undefined },
): string | undefined {
  const given = named ?? env.KUBECONFIG;
  if (given !== undefined) return given;
  const home = join(env.HOME ?? '/', '.kube', 'config');
  return existsSync(home) ? home : undefined;
}
