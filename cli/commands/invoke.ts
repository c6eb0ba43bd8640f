import { HEADER } from '#api/names.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT, type ExitCode } from '../command-line/exit-codes.ts';
import { headText, statusText, timingLines } from '../invoke/answer-text.ts';
import { type Invocation, invocationOf, pathAtGateway } from '../invoke/invocation.ts';
import { type RequestBody, requestBody } from '../invoke/request-body.ts';
import { askStraight } from '../invoke/straight.ts';
import { addressOf, requireFunction } from './no-such-function.ts';

export interface InvokeOptions {
  request?: string;
  header?: string[];
  data?: string;
  url?: boolean;
  include?: boolean;
  verbose?: boolean;
  fail?: boolean;
  /** Seconds until the answer has to begin. */
  timeout: number;
}

/** `catnap invoke`. */
export async function invoke(
  context: CommandContext,
  asked: { name: string; path: string | undefined },
  options: InvokeOptions,
): Promise<void> {
  const invocation = invocationOf({
    path: asked.path,
    method: options.request,
    headers: options.header ?? [],
    hasBody: options.data !== undefined,
  });
  const body = options.data === undefined ? undefined : await requestBody(options.data, context.cwd, context.input);
  if (body !== undefined) invocation.headers['content-type'] ??= [body.contentType];
  const beganMs = performance.now();
  // What of the answer is not shown is not waited for either: it may have no end.
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const way = await wayOf(await context.cluster(), asked.name, invocation, options.url === true, context.signal);
  if (options.verbose) context.output.note(`> ${invocation.method} ${invocation.target} ${way.told}`);
  const answer = await way.ask({ invocation, body, signal, firstByteMs: options.timeout * 1_000 });
  const firstByteMs = performance.now() - beganMs;
  await show(context, answer, options).finally(() => over.abort());
  if (options.verbose) {
    context.output.note(`< ${statusText(answer.status)}`);
    for (const line of timingLines(answer.headers, firstByteMs, performance.now() - beganMs))
      context.output.note(`< ${line}`);
  }
  if (answer.status >= 400) throw refused(asked.name, answer);
}

interface Asking {
  invocation: Invocation;
  body: RequestBody | undefined;
  signal: AbortSignal;
  firstByteMs: number;
}

interface Way {
  /** For `-v`. */
  told: string;
  ask(asking: Asking): Promise<ServiceAnswer>;
}

/** Through the API server, which needs nothing else; an Authorization would stay there, so that a request with one goes straight. */
async function wayOf(
  cluster: Cluster,
  name: string,
  { headers, target }: Invocation,
  wantsStraight: boolean,
  signal: AbortSignal,
): Promise<Way> {
  if (wantsStraight || headers.authorization !== undefined) return await straightWay(cluster, name, signal);
  const { kube, namespace, systemNamespace, gatewayService } = cluster;
  const path = pathAtGateway(namespace, name, target);
  return {
    told: `through the API server, Service ${systemNamespace}/${gatewayService}`,
    ask: async ({ invocation: { method, headers: sent }, body, ...limits }) => {
      const service = `${gatewayService}:http`;
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

async function show(
  { output }: CommandContext,
  answer: ServiceAnswer,
  { include, fail }: InvokeOptions,
): Promise<void> {
  const { status, headers, rawHeaders, body } = answer;
  if (output.json) {
    const text = await output.collected(body);
    output.result({ status, headers, body: text }, () => '');
    return;
  }
  if (include) output.line(headText(status, rawHeaders));
  if (fail && status >= 400) return;
  await output.stream(body);
}

function refused(name: string, { status, headers }: ServiceAnswer): CommandError {
  const code = headers[HEADER.error];
  const whose = code === undefined ? `${name} answered` : `the gateway answered (${String(code)})`;
  return new CommandError(`${whose} ${statusText(status)}`, code === 'FunctionNotFound' ? EXIT.notFound : EXIT.failed);
}
