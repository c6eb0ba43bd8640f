import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../api/names.ts';
import { randomUuid } from './builtin.ts';
import { type Failure, replyOfFailure } from './failure.ts';
import { NoAnswerError, type Reply } from './reply.ts';
import { dropBody, hasBody, servedRequest } from './request.ts';
import { breakOff, discard, type OwnHeaders, send } from './respond.ts';
import type { Upgrade } from './upgrade.ts';
import type { Request } from './web/request.ts';
import { closeFailed, type OpenSocket, type WebSockets } from './web-sockets.ts';

const REQUEST_ID = /^[!-~]{1,200}$/;

export interface ExchangeParts {
  message: IncomingMessage;
  response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  /** `<namespace>/<name>`, for the answers that the runtime gives itself. */
  functionName: string;
  /** Whether the client should look for another replica from now on. */
  isLeaving(): boolean;
  webSockets: WebSockets;
  /** Of a request for a WebSocket. */
  upgrade: Upgrade | undefined;
}

/** One request and its answer on the wire. */
export class Exchange {
  readonly requestId: string;
  readonly #parts: ExchangeParts;
  /** Whether the client still waits to hear that it may send its body. */
  #isHeld: boolean;
  #socket: OpenSocket | undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#isHeld = parts.expectsContinue;
    this.requestId = requestIdOf(parts.message);
  }

  get message(): IncomingMessage {
    return this.#parts.message;
  }
  get response(): ServerResponse {
    return this.#parts.response;
  }

  /** The request as the handler sees it. @param signal is asked for when the handler looks at it. */
  request(signal: () => AbortSignal): Request {
    return servedRequest({ message: this.#parts.message, signal, beforeRead: () => this.admitBody() });
  }

  /** To be called before the body is read: a client that asked before it sends is told to go on. */
  admitBody(): void {
    if (this.#isHeld) this.response.writeContinue();
    this.#isHeld = false;
  }

  /** Sends `reply`, unless an answer has begun already. @throws what the reply's stream throws. */
  async send(reply: Reply): Promise<void> {
    if (this.response.headersSent || this.response.closed) return discard(reply);
    if (reply.webSocket !== undefined) return this.#open(reply);
    await send(this.response, reply, this.ownHeaders());
  }

  /** Says `failure`, or breaks the connection off where an answer has begun. */
  async fail(failure: Failure): Promise<void> {
    if (this.#socket !== undefined) return closeFailed(this.#socket, failure);
    if (this.response.headersSent) return breakOff(this.response);
    // Those of an answer that the handler had begun to prepare.
    for (const name of this.response.getHeaderNames()) this.response.removeHeader(name);
    await this.send(replyOfFailure(failure, { requestId: this.requestId, function: this.#parts.functionName }));
  }

  /** Whether it is a WebSocket now. */
  get isUpgraded(): boolean {
    return this.#socket !== undefined;
  }

  /** Takes in what is left of the request's body. */
  drop(): void {
    dropBody(this.#parts.message);
  }

  /** Resolves when the answer has left, or the connection is gone. */
  async closed(): Promise<void> {
    if (!this.response.closed) await new Promise((resolve) => this.response.once('close', resolve));
  }

  /** What the runtime adds to an answer that begins now. */
  ownHeaders(): OwnHeaders {
    const own = { [HEADER.requestId]: this.requestId };
    const { message, isLeaving } = this.#parts;
    // A client that was not told to go on may or may not send its body: nothing more can be read from it.
    if (this.#isHeld) return { ...own, connection: 'close' };
    // Closing with a body unread would reset the connection, and the client might never see this answer.
    return isLeaving() && (message.complete || !hasBody(message)) ? { ...own, connection: 'close' } : own;
  }

  async #open(reply: Reply): Promise<void> {
    const { upgrade, webSockets, response } = this.#parts;
    if (upgrade === undefined) throw new NoAnswerError('the handler answered with a WebSocket that was not asked for');
    upgrade.handOver();
    await webSockets.serve(this, reply, (socket) => {
      this.#socket = socket;
      response.statusCode = 101;
    });
  }
}

function requestIdOf(message: IncomingMessage): string {
  const given = message.headers[HEADER.requestId];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUuid();
}
