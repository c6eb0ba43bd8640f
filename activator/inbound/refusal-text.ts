import { STATUS_CODES } from 'node:http';
import { answerFor, type GatewayError } from '../errors/gateway-error.ts';

/** A last answer of HTTP/1.1 in full, for bytes that are no request; the connection ends behind it. */
export function refusalText(failure: GatewayError, requestId: string, hasBody: boolean): string {
  const { status, headers, body } = answerFor(failure, null, requestId, true);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${head}\r\n${hasBody ? body : ''}`;
}
