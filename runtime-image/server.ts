import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { INTERNAL_PREFIX } from '../api/names.ts';
import { type Assignment, functionName } from './assignment.ts';
import { http } from './builtin.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import { answerProbe, type ProbeSources } from './dispatch/probes.ts';
import { answerClientError, FIELDS_MAX, faultOfHead, HEAD_MAX_BYTES, refuse, UNMET } from './http/bad-request.ts';
import { asksForWebSocket, type Upgrade, upgradeOf } from './http/upgrade.ts';
import type { JsonLog } from './telemetry/log.ts';

/** A connection that says nothing for so long gets TCP keep-alive probes, in milliseconds. */
const ALIVE_AFTER_MS = 60_000;
/** A client that does not get its head out in this time is none. */
const HEAD_MS = 60_000;

interface ServerDeps {
  assignment: Assignment;
  probes: ProbeSources;
  dispatcher: Dispatcher;
  log: JsonLog;
  /** Whether a handler may be given Node's own request and listen to it. */
  givesMessages: boolean;
}

/** The traffic port: the probes, and all else to the handler. */
export function createServer({ assignment, probes, dispatcher, log, givesMessages }: ServerDeps): Server {
  const name = functionName(assignment);
  const take = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean, upgrade?: Upgrade) => {
    const path = message.url ?? '/';
    const fault = faultOfHead(message);
    if (fault !== undefined) refuse(response, fault, name);
    else if (path.startsWith(INTERNAL_PREFIX)) void answerProbe(message, response, probes);
    else dispatcher.serve(message, response, expectsContinue, upgrade);
  };
  const server = http.createServer(
    limits(givesMessages),
    guarded(log, (message, response: ServerResponse) => take(message, response, false)),
  );
  // `Expect: 100-continue`: the client gets its `100 Continue` when the handler begins to read the body.
  server.on(
    'checkContinue',
    guarded(log, (message, response: ServerResponse) => take(message, response, true)),
  );
  server.on(
    'upgrade',
    guarded(log, (message, _socket: Duplex, head: Buffer) => {
      const upgrade = upgradeOf(message, head);
      take(message, upgrade.response, false, upgrade);
    }),
  );
  server.on(
    'checkExpectation',
    guarded(log, (_message, response: ServerResponse) => refuse(response, UNMET, name)),
  );
  server.on('clientError', (error, socket) => {
    try {
      answerClientError(error, socket as Socket, name);
    } catch (thrown) {
      log.thrown('error', 'a request could not be refused', thrown);
      socket.destroy();
    }
  });
  server.maxHeadersCount = FIELDS_MAX + 1;
  return server;
}

/** Of a connection and of what comes on it. */
function limits(givesMessages: boolean): ServerOptions {
  // No limit on the whole request: an upload may take as long as the function lets it.
  return {
    // Idle connections are the gateway's to close: it keeps them for the next request. A timer of ours would cost each
    // request a twentieth of its time.
    keepAliveTimeout: 0,
    keepAlive: true,
    keepAliveInitialDelay: ALIVE_AFTER_MS,
    headersTimeout: HEAD_MS,
    requestTimeout: 0,
    maxHeaderSize: HEAD_MAX_BYTES,
    // Where no handler can listen to them, a request without a body needs no stream that ends and closes.
    optimizeEmptyRequests: !givesMessages,
    shouldUpgradeCallback: asksForWebSocket,
    // Looked at here: Node's own answer says nothing.
    requireHostHeader: false,
  };
}

type OnRequest<Rest extends unknown[]> = (message: IncomingMessage, ...rest: Rest) => void;

/** What is thrown while a request is taken in ends its connection, and nothing more. */
function guarded<Rest extends unknown[]>(log: JsonLog, listener: OnRequest<Rest>): OnRequest<Rest> {
  return (message, ...rest) => {
    try {
      listener(message, ...rest);
    } catch (error) {
      log.thrown('error', 'a request could not be taken in', error);
      message.socket.destroy();
    }
  };
}
