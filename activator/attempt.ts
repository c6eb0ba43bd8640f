import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { HEADER } from '#api/names.ts';
import type { ResponseHeaders } from './headers.ts';
import type { Untouched } from './traffic.ts';
import { type Connection, type Upstream, wasNeverConnected } from './upstream.ts';

/** What is sent to a replica. */
export interface Outbound {
  method: string;
  /** Path and query. */
  path: string;
  /** Name, value, name, value, … */
  headers: string[];
  body: Readable | null;
  /** `websocket`, or null. */
  upgrade: string | null;
  /** Whether it could be sent to another replica as well, if this one has not begun with it. */
  repeatable: () => boolean;
}

/** Who gets what comes back. The last call is one of `end`, `untouched`, `broke`, `upgraded`; none after `abandon`. */
export interface Inbound {
  /** A 1xx answer; the real one is still to come. */
  informational(status: number, headers: ResponseHeaders): void;
  head(status: number, statusText: string, headers: ResponseHeaders): void;
  /** Returns false when no more can be taken until `resume` of the attempt is called. */
  data(chunk: Buffer): boolean;
  end(trailers: ResponseHeaders): void;
  /** The replica provably has not begun with the request. */
  untouched(why: Untouched): void;
  broke(error: Error): void;
  upgraded(status: number, headers: ResponseHeaders, socket: Duplex): void;
}

const ABANDONED = new Error('the request is not wanted any more');
const NOTHING = () => undefined;

/** One try of one request at one replica. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #upstream: Upstream;
  readonly #inbound: Inbound;
  readonly #repeatable: () => boolean;
  readonly #connection: Connection;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;

  constructor(upstream: Upstream, outbound: Outbound, inbound: Inbound) {
    this.#upstream = upstream;
    this.#inbound = inbound;
    this.#repeatable = outbound.repeatable;
    this.#connection = upstream.take();
    const { method, path, headers, body, upgrade } = outbound;
    // A method that undici's type does not list is passed on as it is.
    this.#connection.dispatch({ method: method as Dispatcher.HttpMethod, path, headers, body, upgrade }, this);
  }

  /** Ends it without a word to `inbound`; the replica sees its connection close. */
  abandon(): void {
    if (this.#finish(false)) this.#controller?.abort(ABANDONED);
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(ABANDONED);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
    statusText?: string,
  ): void {
    if (this.#over) return;
    if (status < 200) {
      this.#inbound.informational(status, headers);
    } else if (status === 503 && this.#repeatable() && headers[HEADER.notStarted] !== undefined) {
      this.#finish(false);
      controller.abort(ABANDONED);
      this.#inbound.untouched(headers[HEADER.full] === undefined ? 'unready' : 'full');
    } else {
      this.#inbound.head(status, statusText ?? '', headers);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over && !this.#inbound.data(chunk)) controller.pause();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: ResponseHeaders): void {
    if (this.#finish(true)) this.#inbound.end(trailers);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
    socket: Duplex,
  ): void {
    if (this.#finish(true)) this.#inbound.upgraded(status, headers, socket);
    else socket.on('error', NOTHING).destroy();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#finish(false)) return;
    // Without a start there was no connection that it could have been written to.
    if (this.#controller === undefined && this.#repeatable() && wasNeverConnected(error))
      this.#inbound.untouched('unready');
    else this.#inbound.broke(error);
  }

  /** True the first time. */
  #finish(reusable: boolean): boolean {
    if (this.#over) return false;
    this.#over = true;
    if (reusable) this.#upstream.give(this.#connection);
    else this.#upstream.drop(this.#connection);
    return true;
  }
}
