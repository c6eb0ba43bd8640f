import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '#api/names.ts';
import { answerFor, type GatewayError, type Reply } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import { lingerAtMost } from '../inbound/linger.ts';
import { responseHeaders, serverTiming, trailers } from './headers.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestRecord } from './request-record.ts';

/** Which request it was, and whether it had to wait for a replica to be started; name, value, … */
export function whose({ requestId, coldMs }: RequestRecord): string[] {
  return [HEADER.requestId, requestId, HEADER.coldStart, coldMs > 0 ? 'true' : 'false'];
}

/** What a client gets of a replica's headers, and of ours; name, value, … */
export function answerHeaders(from: readonly string[], journal: RequestRecord, response: ServerResponse): string[] {
  const { queueMs, coldMs, firstByteMs, status, method } = journal;
  const headers = responseHeaders(from, status, method !== 'HEAD' && response.req.httpVersionMinor > 0);
  headers.push(
    ...whose(journal),
    HEADER.serverTiming,
    serverTiming(queueMs, coldMs, firstByteMs) + journal.coldTimings,
  );
  return headers;
}

/** An answer of the gateway's own. */
export function writeFailure(
  response: ServerResponse,
  failure: GatewayError,
  journal: RequestRecord,
  leaving: boolean,
): void {
  const { status, headers, body } = answerFor(failure, journal.functionKey, journal.requestId, leaving);
  journal.begin(status);
  journal.bytesOut = body.length;
  response.writeHead(status, headers);
  response.end(body);
}

/** Another answer of the gateway's own. */
export function writeReply(response: ServerResponse, { status, headers, body }: Reply, closing: boolean): void {
  const length = body === '' ? [] : ['content-length', String(Buffer.byteLength(body))];
  response.writeHead(status, [...headers, ...length, ...(closing ? ['connection', 'close'] : [])]);
  response.end(body);
}

/** A 1xx answer. Clients of HTTP/1.0 know none. @param headers name, value, … */
export function writeInformational(response: ServerResponse, status: number, headers: readonly string[]): void {
  if (response.req.httpVersionMinor === 0) return;
  if (status === 102) response.writeProcessing();
  if (status !== 103) return;
  const link = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'link');
  try {
    if (link.length > 0) response.writeEarlyHints({ link });
  } catch {
    // A link that is none. It was a hint only.
  }
}

/** The head goes out once all that arrived with it is dealt with: a stream's before its first chunk is there. */
export function flushSoon(response: ServerResponse): void {
  process.nextTick(flush, response);
}

const flush = guarded(
  'answer flush',
  (response: ServerResponse) => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  },
  (_error, response) => breakOff(response),
);

/** @param from name, value, … */
export function endWith(response: ServerResponse, from: readonly string[]): void {
  const fields = from.length === 0 ? from : trailers(from);
  if (fields.length > 0) {
    // All at once: each call replaces what the one before has set.
    const pairs: [string, string][] = [];
    for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string]);
    response.addTrailers(pairs);
  }
  response.end();
}

/** Part of an answer is out: a cut connection is how a client can tell that the rest is missing. */
export function breakOff(response: ServerResponse): void {
  const { socket, req } = response;
  // In HTTP/1.0 the end of the connection is the end of the answer, unless it is reset.
  if (req.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
  response.destroy();
}

/**
 * Nobody wants the rest of a body: it is read over for a while, so that its client gets to see the answer that it gets
 * instead.
 */
export function abandonBody(request: IncomingMessage, body: RequestBody): void {
  const { socket, complete } = request;
  if (complete || socket.destroyed) return;
  body.discard();
  const end = lingerAtMost(socket);
  request.once('end', end);
}
