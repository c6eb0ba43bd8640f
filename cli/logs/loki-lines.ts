import { isOfRequest } from '#api/kept-log.ts';
import { logTime } from '#platform/pod-logs/log-line.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { pause } from '#platform/time/deadline.ts';
import { beginningOf } from '../cluster/beginning-of.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { LineQueue } from './line-queue.ts';
import { rangeStreams, type Stream, tailStreams } from './loki-answer.ts';
import { byTime, type FunctionLine, lastOf, type WantedLines } from './wanted-lines.ts';

export interface LokiOptions {
  /** Base address; name and password in it are sent as Basic. */
  url: string;
  /** LogQL stream selector, with `$namespace` and `$function`; default: the labels that the usual collectors give. */
  selector?: string | undefined;
  /** X-Scope-OrgID; undefined: none is sent. */
  tenant?: string | undefined;
  wanted: WantedLines;
  signal: AbortSignal;
  note: (text: string) => void;
}

const SELECTOR = '{namespace="$namespace", pod=~"$function-[0-9a-f]{8}-.+"}';
/** Loki's own default for the lines of one answer. */
const PAGE = 5_000;
const MOST_LINES = 100_000;
/** Where nothing else is said: Loki wants a beginning. */
const DEFAULT_SINCE_MS = 24 * 3_600_000;
const ANSWER_MS = 60_000;
/** Of one page; lines are seldom longer than some hundred bytes. */
const MOST_ANSWER_MIB = 128;
const RETRY = { baseMs: 500, maxMs: 10_000 };

/** The function's lines from Loki's HTTP API: `query_range`, and `tail` to follow. */
export async function* lokiLines(options: LokiOptions): AsyncGenerator<FunctionLine, void, void> {
  const { wanted } = options;
  const kept = await range(options, sinceOf(wanted, Date.now()), wanted.tail ?? MOST_LINES);
  yield* lastOf(kept.sort(byTime), wanted.tail);
  if (wanted.follow) yield* followed(options, kept.at(-1)?.time);
}

/** LogQL for the function, and for the request if one is asked for. */
function queryOf({ selector = SELECTOR, wanted }: Pick<LokiOptions, 'selector' | 'wanted'>): string {
  const { namespace, name, request } = wanted;
  const of = selector.replaceAll('$namespace', escaped(namespace)).replaceAll('$function', escaped(name));
  return request === undefined ? of : `${of} |= ${JSON.stringify(request)}`;
}

/** From the newest back, page by page, until there are `most`: what is asked for are the last lines. */
async function range(options: LokiOptions, start: bigint, most: number): Promise<FunctionLine[]> {
  const lines: FunctionLine[] = [];
  let end = BigInt(Date.now() + 60_000) * 1_000_000n;
  while (lines.length < most) {
    const limit = Math.min(PAGE, most - lines.length);
    const page = await ask(options, { start: String(start), end: String(end), limit: String(limit) });
    const times = page.flatMap(({ values }) => values.map(([ns]) => BigInt(ns)));
    const oldest = times.reduce(earlier, end);
    const count = page.reduce((sum, { values }) => sum + values.length, 0);
    lines.push(...page.flatMap((stream) => linesOf(stream, options.wanted)));
    if (count < limit || oldest >= end) break;
    // `end` is exclusive: lines of the same nanosecond as the oldest may be missed, none is doubled.
    end = oldest;
  }
  return lines;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

async function ask(options: LokiOptions, range: Record<string, string>): Promise<Stream[]> {
  const url = at(options.url, 'query_range');
  url.search = String(new URLSearchParams({ query: queryOf(options), direction: 'backward', ...range }));
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_MS)]);
  const [target, headers] = withCredentials(url, options.tenant);
  let text: string;
  try {
    const answer = await fetch(target, { headers, signal });
    const bytes = await beginningOf(answer.body ?? [], MOST_ANSWER_MIB * 2 ** 20);
    if (bytes.length > MOST_ANSWER_MIB * 2 ** 20)
      throw failure(`Loki at ${target.host} answered more than ${MOST_ANSWER_MIB} MiB: ask for fewer lines by --tail`);
    text = bytes.toString('utf8');
    if (!answer.ok) throw failure(`Loki at ${target.host} answered ${answer.status}: ${text.slice(0, 300)}`);
  } catch (cause) {
    if (cause instanceof CommandError || options.signal.aborted) throw cause;
    const why = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
    throw new CommandError(`Loki at ${target.host} is not reached: ${why}`, EXIT.cluster, { cause });
  }
  const streams = rangeStreams(text);
  if (streams === undefined) throw failure(`Loki at ${target.host} gave no lines: ${text.slice(0, 300)}`);
  return streams;
}

function failure(message: string): CommandError {
  return new CommandError(message, EXIT.failed);
}

/** A socket that ends is opened again from the last line on. */
async function* followed(options: LokiOptions, last: string | undefined): AsyncGenerator<FunctionLine, void, void> {
  const { signal, wanted, note } = options;
  const queue = new LineQueue<FunctionLine>(signal);
  let from = last === undefined ? BigInt(Date.now()) * 1_000_000n : nanosecondsOf(last) + 1n;
  let tries = 0;
  const take = (text: string) => {
    tries = 0;
    const { streams, dropped } = tailStreams(text);
    for (const stream of streams) {
      for (const [ns] of stream.values) if (BigInt(ns) >= from) from = BigInt(ns) + 1n;
      for (const line of linesOf(stream, wanted).sort(byTime)) queue.put(line);
    }
    if (dropped > 0) queue.put(noticeOf(`${dropped} lines are left out: Loki dropped them, for they came too fast`));
  };
  void (async () => {
    while (!signal.aborted) {
      const why = await tail(options, from, take);
      tries += 1;
      if (tries === 1 && !signal.aborted) note(`Loki ended the stream (${why}); trying again`);
      await pause(backoffMs(Math.min(tries, 5), RETRY, Math.random()), signal);
    }
  })();
  yield* queue;
}

/** Resolves with why it ended. */
function tail(options: LokiOptions, from: bigint, take: (text: string) => void): Promise<string> {
  const url = at(options.url, 'tail');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = String(new URLSearchParams({ query: queryOf(options), start: String(from), limit: String(PAGE) }));
  const [target, headers] = withCredentials(url, options.tenant);
  return new Promise((resolve) => {
    // Node's own takes headers, which browsers' do not.
    const socket = new WebSocket(target, { headers } as unknown as string[]);
    const stop = () => socket.close();
    options.signal.addEventListener('abort', stop, { once: true });
    socket.onmessage = ({ data }) => take(String(data));
    socket.onclose = ({ code, reason }) => {
      options.signal.removeEventListener('abort', stop);
      resolve(reason === '' ? String(code) : `${code} ${reason}`);
    };
    socket.onerror = () => undefined;
  });
}

function linesOf({ stream, values }: Stream, { request }: WantedLines): FunctionLine[] {
  const { pod = '', container = '' } = stream;
  const revision = /^(.+-[0-9a-f]{8})-/.exec(pod)?.[1] ?? '';
  return values
    .filter(([, line]) => request === undefined || isOfRequest(line, request))
    .map(([ns, line]) => ({ time: timeOf(ns), pod, revision, container, line }));
}

function noticeOf(notice: string): FunctionLine {
  return { time: logTime(Date.now()), pod: '', revision: '', container: '', notice };
}

function sinceOf({ since }: WantedLines, nowMs: number): bigint {
  return BigInt(since === undefined ? nowMs - DEFAULT_SINCE_MS : Date.parse(since)) * 1_000_000n;
}

function timeOf(ns: string): string {
  const nanoseconds = BigInt(ns);
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1_000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
}

function nanosecondsOf(time: string): bigint {
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29));
}

/** Names are DNS labels; in a selector that takes them as a pattern none of their characters means anything. */
function escaped(name: string): string {
  return name.replaceAll(/[^a-z0-9-]/g, '');
}

function at(base: string, endpoint: string): URL {
  return new URL(`${base.replace(/\/+$/, '')}/loki/api/v1/${endpoint}`);
}

/** fetch takes no address with a password in it. */
function withCredentials(url: URL, tenant: string | undefined): [URL, Record<string, string>] {
  const { username, password } = url;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [
    plain,
    {
      ...(username !== '' && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
      ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
    },
  ];
}
