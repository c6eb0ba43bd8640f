import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../api/names.ts';
import { randomUuid } from './builtin.ts';
import { functionName, type Settings } from './env.ts';
import { type Failure, replyOfFailure } from './failure.ts';
import type { Reply } from './reply.ts';
import { dropBody, hasBody, servedRequest } from './request.ts';
import { breakOff, discard, type OwnHeaders, send } from './respond.ts';
import type { Request } from './web/request.ts';

const REQUEST_ID = /^[!-~]{1,200}$/;

export interface ExchangeParts {
  message: IncomingMessage;
  response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  /** For the answers that the runtime gives itself. */
  settings: Settings;
  /** Whether the client should look for another replica from now on. */
  isLeaving(): boolean;
}

/** One request and its answer on the wire. */
export class Exchange {
  readonly requestId: string;
  readonly #parts: ExchangeParts;
  /** Whether the client still waits to hear that it may send its body. */
  #isHeld: boolean;

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
    await send(this.response, reply, this.ownHeaders());
  }

  /** Says `failure`, or breaks the connection off where an answer has begun. */
  async fail(failure: Failure): Promise<void> {
    if (this.response.headersSent) return breakOff(this.response);
    // Those of an answer that the handler had begun to prepare.
    for (const name of this.response.getHeaderNames()) this.response.removeHeader(name);
    const { settings } = this.#parts;
    const about = { requestId: this.requestId, function: functionName(settings) };
    await this.send(replyOfFailure(failure, { ...about, showsStack: settings.isDevelopment }));
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
}

function requestIdOf(message: IncomingMessage): string {
  const given = message.headers[HEADER.requestId];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUuid();
}
