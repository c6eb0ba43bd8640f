import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../../api/names.ts';
import { RequestIds } from '../../api/request-id.ts';
import { type Assignment, functionName } from '../assignment.ts';
import { attempt } from '../telemetry/thrown-value.ts';
import type { Request } from '../web/request.ts';
import { type Failure, replyOfFailure } from './error-reply.ts';
import { NoAnswerError, type Reply } from './reply.ts';
import { dropBody, hasBody, servedRequest } from './request.ts';
import type { Upgrade } from './upgrade.ts';
import { closeFailed, type OpenSocket, type WebSockets } from './web-sockets.ts';
import { breakOff, discard, type OwnHeaders, send } from './write-response.ts';

const REQUEST_ID = /^[!-~]{1,200}$/;
const requestIds = new RequestIds();

/** What all exchanges of a replica have in common. */
export interface Replier {
  /** For the answers that the runtime gives itself. */
  assignment: Assignment;
  /** Whether clients should look for another replica from now on. */
  isLeaving(): boolean;
  webSockets: WebSockets;
}

/** One request and its answer on the wire. */
export class Exchange {
  readonly requestId: string;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly #replier: Replier;
  /** Whether the client still waits to hear that it may send its body. */
  #isHeld: boolean;
  /** Looked at before a handler is shown the headers, and may change them. */
  readonly #showsDetail: boolean;
  /** Of a request for a WebSocket. */
  upgrade: Upgrade | undefined;
  #socket: OpenSocket | undefined;

  /** @param expectsContinue the client waits for `100 Continue` before it sends the body. */
  constructor(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean, replier: Replier) {
    this.message = message;
    this.response = response;
    this.#isHeld = expectsContinue;
    this.#replier = replier;
    this.requestId = requestIdOf(message);
    this.#showsDetail = message.headers[HEADER.errorDetail] === 'true';
  }

  /** The request as the handler sees it. @param call has the signal, which is asked for when the handler looks at it. */
  request(call: { readonly signal: AbortSignal }): Request {
    return servedRequest(this, call);
  }

  /** `<namespace>/<name>` */
  get functionName(): string {
    return functionName(this.#replier.assignment);
  }

  /** To be called before the body is read: a client that sent `Expect: 100-continue` gets its `100 Continue`. */
  admitBody(): void {
    if (this.#isHeld) this.response.writeContinue();
    this.#isHeld = false;
  }

  /**
   * Sends `reply`, unless an answer has begun already. Undefined: it was sent in this turn.
   * @throws what the reply's stream throws; so may the promise.
   */
  send(reply: Reply): Promise<void> | undefined {
    if (this.response.headersSent || this.response.closed) return discard(reply);
    if (reply.webSocket !== undefined) return this.#open(reply);
    return send(this.response, reply, this.ownHeaders());
  }

  /** Says `failure`, or breaks the connection off where an answer has begun. */
  async fail(failure: Failure): Promise<void> {
    if (this.#socket !== undefined) return closeFailed(this.#socket, failure);
    if (this.response.headersSent) return breakOff(this.response);
    // Those of an answer that the handler had begun to prepare.
    for (const name of this.response.getHeaderNames()) this.response.removeHeader(name);
    this.response.statusMessage = '';
    const showsStack = this.#replier.assignment.isDevelopment;
    const about = { requestId: this.requestId, function: this.functionName, showsStack };
    await this.send(replyOfFailure(failure, { ...about, showsDetail: showsStack || this.#showsDetail }));
  }

  /** Whether it is a WebSocket now. */
  get isUpgraded(): boolean {
    return this.#socket !== undefined;
  }

  /** Takes in what is left of the request's body. */
  drop(): void {
    try {
      dropBody(this.message);
    } catch {
      // A handler that has Node's own request may have changed it.
      this.destroy();
    }
  }

  /** Ends the connection, whatever the handler has made of request and answer. */
  destroy(): void {
    attempt(() => this.response.destroy());
    attempt(() => this.message.socket.destroy());
  }

  /** Resolves when the answer has left, or the connection is gone. */
  async closed(): Promise<void> {
    if (!this.response.closed) await new Promise((resolve) => this.response.once('close', resolve));
  }

  /** What the runtime adds to an answer that begins now. */
  ownHeaders(): OwnHeaders {
    return this.#isLast()
      ? { 'x-request-id': this.requestId, connection: 'close' }
      : { 'x-request-id': this.requestId };
  }

  /** Whether the connection must end with this answer. */
  #isLast(): boolean {
    // A client that got no `100 Continue` may or may not send its body: nothing more can be read from it.
    if (this.#isHeld) return true;
    // Closing with a body unread would reset the connection, and the client might never see this answer.
    return this.#replier.isLeaving() && (this.message.complete || !hasBody(this.message));
  }

  async #open(reply: Reply): Promise<void> {
    if (this.upgrade === undefined) {
      throw new NoAnswerError('the handler answered with a WebSocket that was not asked for');
    }
    this.upgrade.handOver();
    await this.#replier.webSockets.serve(this, reply, (socket) => {
      this.#socket = socket;
      this.response.statusCode = 101;
    });
  }
}

function requestIdOf(message: IncomingMessage): string {
  const given = message.headers[HEADER.requestId];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : requestIds.next();
}
