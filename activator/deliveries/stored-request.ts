import { HEADER } from '#api/names.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { ClientHead } from '../inbound/client-stream.ts';
import { faultOf } from '../inbound/validate-request.ts';
import { isRequestId, outlivesRequest, type RequestHeaders } from '../proxy/headers.ts';
import { isInternalPath } from '../routing/route-table.ts';
import { isFieldText, isToken } from '../upstream/http1/header-lines.ts';
import type { DeliveryOrder } from './read-delivery.ts';

/** A stored request as it can be sent to a replica. */
export interface DeliverableRequest {
  readonly head: ClientHead;
  readonly headers: RequestHeaders;
}

/** Target and fields together, in characters: as much as a client may send, and what the gateway adds. */
const HEAD_MAX_LENGTH = 131_072;
const ADDRESS_MAX_LENGTH = 64;

/**
 * What is sent to a replica of a request that was stored. A gateway has written it, but it has been elsewhere since: it is
 * looked at as a request from outside is, and what frames it or is Catnap's own to say is said anew.
 * @returns a failure: it cannot be sent to any replica.
 */
export function deliverable({ head, request, body }: DeliveryOrder): DeliverableRequest | GatewayError {
  const { method, path, requestId } = request;
  const length = request.headers.reduce((sum, text) => sum + text.length, path.length);
  if (length > HEAD_MAX_LENGTH) return bad('its head is too long');
  const wrong = request.headers.findIndex((text, i) => (i % 2 === 0 ? !isName(text) : !isFieldText(text)));
  if (wrong !== -1) return bad('a header is none');
  if (!path.startsWith('/') || !isFieldText(path) || /[ \t]/.test(path)) return bad('the path is none');
  if (isInternalPath(path)) return bad('the path is one of Catnap itself');
  if (!isRequestId(requestId)) return bad('the id of the request is none');
  const fields = sentFields(request.headers, body.length);
  const seen = headOf(method, path, fields);
  // What the gateway has added may be more fields than a client may send.
  const hosts = fields.filter((_, i) => (fields[i - (i % 2)] as string).toLowerCase() === 'host');
  return (
    faultOf({ ...seen, rawHeaders: hosts }) ?? {
      head: { ...seen, invocation: { id: head.id, attempt: head.attempt } },
      headers: headersOf(seen, fields, body.length),
    }
  );
}

function sentFields(stored: readonly string[], bodyBytes: number): string[] {
  const fields: string[] = [];
  let saysLength = bodyBytes > 0;
  for (let i = 0; i + 1 < stored.length; i += 2) {
    const name = stored[i] as string;
    if (outlivesRequest(name)) fields.push(name, stored[i + 1] as string);
    else saysLength ||= name.toLowerCase() === 'content-length';
  }
  if (saysLength) fields.push('content-length', String(bodyBytes));
  return fields;
}

function headOf(method: string, path: string, rawHeaders: string[]): ClientHead {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? (rawHeaders[i + 1] as string) : `${before}, ${rawHeaders[i + 1]}`;
  }
  return { method, url: path, httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders, headers };
}

function headersOf({ headers }: ClientHead, fields: readonly string[], bodyBytes: number): RequestHeaders {
  // X-Real-IP is there only where a proxy that is trusted has named the client.
  const { 'x-real-ip': real, 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': protocol } = headers;
  const address = String(real ?? forwardedFor ?? 'unknown');
  return {
    headers: [...fields],
    hasBody: bodyBytes > 0,
    bodyBytes,
    requestId: undefined,
    clientAddress: address.slice(0, ADDRESS_MAX_LENGTH),
    clientProtocol: protocol === 'https' ? 'https' : 'http',
  };
}

/** What a replica is told of the delivery itself; name, value, … */
export function deliveryFields({ head, request }: DeliveryOrder): string[] {
  return [
    ...[HEADER.requestId, request.requestId],
    ...[HEADER.invocationId, head.id, HEADER.attempt, String(head.attempt)],
    ...[HEADER.timeoutMs, String(head.timeoutMs)],
  ];
}

function isName(text: string): boolean {
  if (text === '') return false;
  for (let i = 0; i < text.length; i += 1) if (!isToken(text.charCodeAt(i))) return false;
  return true;
}

function bad(why: string): GatewayError {
  return { code: 'BadRequest', message: `what was stored is no request that can be delivered: ${why}` };
}
