/** Requests that reach no handler, because they are none as HTTP/1.1 has it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RequestIds } from '../../api/request-id.ts';
import { http } from '../builtin.ts';
import { type Failure, replyOfFailure } from './error-reply.ts';
import type { Reply } from './reply.ts';

/** The gateway lets 256 through and adds some. Node by itself drops what comes after 2,000 without a word. */
export const FIELDS_MAX = 300;
/** What the gateway lets through, and what it adds. */
export const HEAD_MAX_BYTES = 131_072;
/** Longest that a connection whose client still sends is kept, so that it can read why it was refused; milliseconds. */
const LINGER_MS = 1_000;

const requestIds = new RequestIds();

/** What is wrong with a request whose head could be read; undefined: nothing. */
export function faultOfHead({ rawHeaders, headers, httpVersion }: IncomingMessage): Failure | undefined {
  if (rawHeaders.length > 2 * FIELDS_MAX) {
    return { code: 'HeadersTooLarge', message: `the request has more than ${FIELDS_MAX} header fields` };
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    return { code: 'BadRequest', message: 'the request has no Host' };
  }
  return undefined;
}

/** `Expect` other than `100-continue`. */
export const UNMET: Failure = {
  code: 'ExpectationFailed',
  message: 'the only expectation that is met is 100-continue',
};

/** Answers a request whose head could be read, and ends its connection. @param functionName `<namespace>/<name>` */
export function refuse(response: ServerResponse, failure: Failure, functionName: string): void {
  const { status, headers, body } = refusal(failure, functionName);
  response.writeHead(status, headers.flat());
  response.end(body);
  response.req.resume();
}

/** As the server's `clientError` gives it. */
type ReadingError = Error & { code?: string; reason?: string };

/**
 * Answers what could not be read as a request, where nothing of another answer is on the connection yet; ends the
 * connection.
 */
export function answerClientError(error: ReadingError, socket: Socket, functionName: string): void {
  // Another error of a connection that is about to end is nothing new.
  if (!socket.writable) return;
  const failure = faultOfReading(error);
  const current = answerOn(socket);
  // A client that never sent anything does not wait for an answer.
  if (failure === undefined || current?.headersSent === true || socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = refusal(failure, functionName);
  const lines = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  // A handler that runs hears at once that its request is over.
  const timer = setTimeout(() => socket.destroy(), current === undefined ? LINGER_MS : 0);
  socket.once('close', () => clearTimeout(timer));
}

function refusal(failure: Failure, functionName: string): Reply & { body: string } {
  const reply = replyOfFailure(failure, { requestId: requestIds.next(), function: functionName });
  const body = String(reply.body);
  const ending: Reply['headers'] = [
    ['content-length', String(Buffer.byteLength(body))],
    ['connection', 'close'],
  ];
  return { ...reply, headers: [...reply.headers, ...ending], body };
}

/** undefined: the connection itself broke: it can carry no answer. */
function faultOfReading({ code = '', reason }: ReadingError): Failure | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `the header fields of the request, or its target, are longer than ${HEAD_MAX_BYTES / 1024} KiB`;
    return { code: 'HeadersTooLarge', message };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'RequestTimeout', message: 'the head of the request did not come in time' };
  }
  if (!code.startsWith('HPE_')) return undefined;
  return { code: 'BadRequest', message: `this is no request of HTTP/1.1: ${reason ?? code}` };
}

/** Node keeps the answer that a connection is at in this property, and asks it the same before an answer of its own. */
function answerOn(socket: Socket): ServerResponse | undefined {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
