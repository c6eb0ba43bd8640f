import { type IncomingMessage, request as overTcp } from 'node:http';
import { request as overTls } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { Invocation } from './invocation.ts';

interface StraightRequest extends Invocation {
  /** `status.url`: its path, if any, goes before the invocation's. */
  url: string;
  body: string | Readable | undefined;
  signal: AbortSignal;
  /** Longest until the answer begins, in milliseconds. */
  firstByteMs: number;
}

/** Asks the function at its own address. Throws a CommandError where nothing answers there. Redirects are answers. */
export async function askStraight(asked: StraightRequest): Promise<ServiceAnswer> {
  const { url, method, target, headers, body, signal, firstByteMs } = asked;
  const { protocol, hostname, port, pathname } = new URL(url);
  const options = {
    // Systems differ in whether such names lead to themselves; they do by RFC 6761.
    hostname: /(^|\.)localhost$/.test(hostname) ? '127.0.0.1' : hostname,
    servername: hostname,
    port,
    method,
    path: pathname.replace(/\/$/, '') + target,
    headers: { host: new URL(url).host, ...headers, ...framing(body) },
    signal,
    agent: false,
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = (protocol === 'https:' ? overTls : overTcp)(options);
  sent.once('response', resolve).on('error', reject);
  sent.setTimeout(firstByteMs, () => sent.destroy(new Error(`no answer within ${firstByteMs / 1000} s`)));
  if (body instanceof Readable) pipeline(body, sent, () => undefined);
  else sent.end(body);
  try {
    const answer = await promise;
    sent.setTimeout(0);
    return { status: answer.statusCode ?? 0, headers: answer.headers, rawHeaders: answer.rawHeaders, body: answer };
  } catch (cause) {
    if (signal.aborted) throw cause;
    const message = `${url} does not answer (${(cause as Error).message}); without --url the request goes through the API server`;
    throw new CommandError(message, EXIT.cluster, { cause });
  }
}

function framing(body: string | Readable | undefined): Record<string, string> {
  if (body === undefined) return {};
  return body instanceof Readable
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': String(Buffer.byteLength(body)) };
}
