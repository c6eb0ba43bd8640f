import { HEADER } from '#api/names.ts';
import { answerFor, type GatewayError, type Reply } from '../errors/gateway-error.ts';
import type { ClientStream } from '../inbound/client-stream.ts';
import { type AnswerFields, amend } from '../policy/answer-fields.ts';
import { responseHeaders } from './headers.ts';
import type { RequestRecord } from './request-record.ts';
import { serverTiming } from './server-timing.ts';

/** Request id, and whether the request had to wait for a cold start; name, value, … */
export function ownHeaders({ requestId, coldMs }: RequestRecord): string[] {
  return [HEADER.requestId, requestId, HEADER.coldStart, coldMs > 0 ? 'true' : 'false'];
}

/** What a client gets of a replica's headers, and the gateway's own; name, value, … */
export function answerHeaders(from: readonly string[], record: RequestRecord, takesTrailers: boolean): string[] {
  const { queueMs, coldMs, firstByteMs, status, method } = record;
  const headers = responseHeaders(from, status, method !== 'HEAD' && takesTrailers);
  headers.push(
    ...ownHeaders(record),
    HEADER.serverTiming,
    serverTiming(queueMs, coldMs, firstByteMs) + record.coldTimings,
  );
  return headers;
}

/**
 * An answer of the gateway's own.
 * @param fields what the function's policies add to it; undefined: nothing
 */
export function writeFailure(
  stream: ClientStream,
  failure: GatewayError,
  record: RequestRecord,
  fields: readonly AnswerFields[] | undefined,
): void {
  const { status, headers, body } = answerFor(failure, record.functionKey, record.requestId, false);
  record.begin(status);
  record.bytesOut = body.length;
  stream.begin(status, fields === undefined ? headers : amend(headers, fields));
  stream.endWith(body, 'utf8');
}

/** Another answer of the gateway's own. */
export function writeReply(stream: ClientStream, { status, headers, body, isBinary }: Reply): void {
  const encoding = isBinary === true ? 'latin1' : 'utf8';
  const length = body === '' ? [] : ['content-length', String(Buffer.byteLength(body, encoding))];
  stream.begin(status, [...headers, ...length]);
  stream.endWith(body, encoding);
}
