import { FUNCTIONS } from '#api/function.ts';
import { LOGS_READER } from '#api/kept-log.ts';
import { isKubeError, isNotFound } from '#platform/kube/error.ts';
import { callerToken, NoCallerToken } from '../cluster/caller-token.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type Installation, installationOf } from '../cluster/installation.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { printableJson } from '../command-line/printable.ts';
import { keptLines, NoKeeper } from '../logs/kept-lines.ts';
import { lokiLines } from '../logs/loki-lines.ts';
import { podLines } from '../logs/pod-lines.ts';
import { showLine } from '../logs/show-line.ts';
import { type FunctionLine, parseSince, parseTail, type WantedLines } from '../logs/wanted-lines.ts';
import { noSuchFunction } from './no-such-function.ts';

/** As they stand on the command line. */
export interface LogsOptions {
  follow?: boolean;
  since?: string;
  request?: string;
  tail?: string;
  pods?: boolean;
  loki?: string;
}

/** `catnap logs`. */
export async function logs(context: CommandContext, name: string, options: LogsOptions): Promise<void> {
  const since = parseSince(options.since, Date.now());
  const tail = parseTail(options.tail);
  const cluster = await context.cluster();
  const { namespace } = cluster;
  const wanted = { namespace, name, follow: options.follow ?? false, since, tail, request: options.request };
  const exists = await isThere(context, cluster, name);
  if (!exists && wanted.follow) throw noSuchFunction(namespace, name);
  let count = 0;
  for await (const line of await source(context, cluster, wanted, options)) {
    count += 1;
    const { output } = context;
    output.line(output.json ? printableJson(JSON.stringify(line)) : showLine(line, { colour: output.colour }));
  }
  // What is followed ends with Ctrl-C alone.
  context.signal.throwIfAborted();
  if (count === 0 && !exists) throw noSuchFunction(namespace, name);
}

/** Where the lines come from: what the command line says, what the installation says, the log keeper, else the replicas. */
async function source(
  context: CommandContext,
  cluster: Cluster,
  wanted: WantedLines,
  options: LogsOptions,
): Promise<AsyncIterable<FunctionLine>> {
  const { signal, output } = context;
  const { kube, systemNamespace } = cluster;
  const note = (text: string) => output.note(`catnap: ${text}`);
  if (options.pods === true) return podLines({ kube, wanted, signal });
  const places = await installationOf(kube, systemNamespace, signal);
  const loki = options.loki ?? places.lokiUrl;
  if (loki !== undefined)
    return lokiLines({
      url: lokiUrl(loki),
      selector: places.lokiSelector,
      tenant: places.lokiTenant,
      wanted,
      signal,
      note,
    });
  return keptOrLive(context, cluster, places, wanted);
}

async function* keptOrLive(
  { signal, output }: CommandContext,
  cluster: Cluster,
  places: Installation,
  wanted: WantedLines,
): AsyncGenerator<FunctionLine, void, void> {
  const note = (text: string) => output.note(`catnap: ${text}`);
  const { kube, systemNamespace } = cluster;
  try {
    yield* keptLines({
      kube,
      systemNamespace,
      service: places.logsService,
      wanted,
      token: () => readerToken(cluster, places, signal),
      signal,
      note,
    });
  } catch (error) {
    if (!(error instanceof NoKeeper)) throw error;
    note(`${error.message}: only what replicas that are there have written is shown`);
    yield* podLines({ kube, wanted, signal });
  }
}

/** Throws NoKeeper where there is none to show. */
async function readerToken(cluster: Cluster, { logsReader }: Installation, signal: AbortSignal): Promise<string> {
  try {
    return await callerToken(cluster, logsReader ?? LOGS_READER, signal);
  } catch (cause) {
    if (!(cause instanceof NoCallerToken)) throw cause;
    throw new NoKeeper(cause.isAbsent ? 'no log keeper is installed' : `the log keeper: ${cause.message}`, { cause });
  }
}

function lokiUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text;
  throw new CommandError(`--loki ${text}: is no address; write http://loki.example:3100`, EXIT.usage);
}

/** True also for those who may not ask. */
async function isThere({ signal }: CommandContext, { kube, namespace }: Cluster, name: string): Promise<boolean> {
  try {
    await kube.get(FUNCTIONS, { namespace, name }, { signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    if (isKubeError(error, 403)) return true;
    throw error;
  }
}
