import { HEADER } from '#api/names.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT, type ExitCode } from '../command-line/exit-codes.ts';
import { type Invocation, pathAtGateway } from '../invoke/invocation.ts';
import type { RequestBody } from '../invoke/request-body.ts';
import { askStraight } from '../invoke/straight.ts';
import { addressOf, requireFunction } from './no-such-function.ts';

interface Asking {
  invocation: Invocation;
  body: RequestBody | undefined;
  signal: AbortSignal;
  firstByteMs: number;
}

/** How a request comes to the function. */
export interface Way {
  /** For `-v`. */
  told: string;
  ask(asking: Asking): Promise<ServiceAnswer>;
}

/** Through the API server, which needs nothing else; an Authorization would stay there, so that a request with one goes straight. */
export async function wayOf(
  cluster: Cluster,
  name: string,
  { headers, target }: Invocation,
  wantsStraight: boolean,
  signal: AbortSignal,
): Promise<Way> {
  if (wantsStraight || headers.authorization !== undefined) return await straightWay(cluster, name, signal);
  const { kube, namespace, systemNamespace, gatewayService } = cluster;
  pathAtGateway(namespace, name, target);
  return {
    told: `through the API server, Service ${systemNamespace}/${gatewayService}`,
    ask: async ({ invocation: { method, target: asked, headers: sent }, body, ...limits }) => {
      const service = `${gatewayService}:http`;
      const path = pathAtGateway(namespace, name, asked);
      const request = {
        namespace: systemNamespace,
        service,
        method,
        path,
        headers: sent,
        body: body?.content,
        serviceHeader: HEADER.requestId,
        ...limits,
      };
      return await kube.serviceProxy(request).catch((error) => {
        throw explained(error, cluster);
      });
    },
  };
}

async function straightWay({ kube, namespace }: Cluster, name: string, signal: AbortSignal): Promise<Way> {
  const url = addressOf(await requireFunction(name, { kube, namespace, signal }));
  return {
    told: `straight to ${url}`,
    ask: ({ invocation, body, ...limits }) => askStraight({ ...invocation, url, body: body?.content, ...limits }),
  };
}

/** What the API server itself refuses. */
function explained(error: unknown, { systemNamespace, gatewayService }: Cluster): unknown {
  if (!(error instanceof KubeError)) return error;
  const service = `${systemNamespace}/${gatewayService}`;
  const told = (message: string, exitCode: ExitCode) => new CommandError(message, exitCode, { cause: error });
  switch (error.status) {
    case 403:
      return told(`${error.message}\n${rightsAdvice(gatewayService, systemNamespace)}`, EXIT.cluster);
    case 404:
      return told(
        `there is no gateway ${service}: --system-namespace says where Catnap is installed, CATNAP_GATEWAY_SERVICE what its Service is called`,
        EXIT.notFound,
      );
    case 503:
      return told(`no gateway answers behind ${service}: ${error.message}`, EXIT.cluster);
    default:
      return error;
  }
}

function rightsAdvice(service: string, namespace: string): string {
  return `who may give rights in ${namespace} can let you: get and create on services/proxy, resourceName ${service}:http; --url goes straight to the function's address`;
}
