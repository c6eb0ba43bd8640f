import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { INTERNAL_PREFIX, READY_PATH } from '../api/names.ts';
import { http } from './builtin.ts';
import { answerClientError, FIELDS_MAX, faultOfHead, HEAD_MAX_BYTES, refuse, UNMET } from './faults.ts';
import type { Gate } from './gate.ts';
import { LOADING_WAIT_MS, type Traffic } from './traffic.ts';

/** Idle connections are the gateway's to close: it keeps them for the next request. Its own limit lies below this. */
const KEEP_ALIVE_MS = 600_000;
/** A client that does not get its head out in this time is none. */
const HEAD_MS = 60_000;

export interface ServerDeps {
  gate: Gate;
  traffic: Traffic;
  podUid: string;
  /** `<namespace>/<name>`, for the answers that the runtime gives itself. */
  functionName: string;
}

/** The traffic port: the ready probe, and all else to the handler. */
export function createServer(deps: ServerDeps): Server {
  const take = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    const path = message.url ?? '/';
    const fault = faultOfHead(message);
    if (fault !== undefined) refuse(response, fault, deps.functionName);
    else if (path.startsWith(INTERNAL_PREFIX)) void answerInternal(path, message, response, deps);
    else void deps.traffic.serve(message, response, expectsContinue);
  };
  // No limit on the whole request: an upload may take as long as the function lets it.
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEAD_MS,
    requestTimeout: 0,
    maxHeaderSize: HEAD_MAX_BYTES,
    // Looked at here: Node's own answer says nothing.
    requireHostHeader: false,
  };
  const server = http.createServer(limits, (message, response) => take(message, response, false));
  // Whoever asks before sending a body is told to send it when the handler begins to read.
  server.on('checkContinue', (message, response) => take(message, response, true));
  server.on('checkExpectation', (_message, response) => refuse(response, UNMET, deps.functionName));
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket, deps.functionName));
  server.maxHeadersCount = FIELDS_MAX + 1;
  return server;
}

async function answerInternal(
  path: string,
  message: IncomingMessage,
  response: ServerResponse,
  { gate, podUid }: ServerDeps,
): Promise<void> {
  const isProbe = path === READY_PATH && (message.method === 'GET' || message.method === 'HEAD');
  if (isProbe) await gate.loaded(LOADING_WAIT_MS);
  const status = isProbe ? (gate.stage === 'ready' ? 200 : 503) : 404;
  const text = isProbe ? (status === 200 ? podUid : gate.stage) : 'not found';
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
  message.resume();
}
