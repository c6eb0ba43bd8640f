import { asError, caught, enter } from '../errors/guarded-entries.ts';
import type { Receiver, Upstream, UpstreamStream } from '../upstream/upstream-stream.ts';

export interface DispatcherRequest {
  method: 'GET' | 'POST';
  path: string;
  /** Name, value, …; without the length of the body. */
  headers: readonly string[];
  /** The body, in pieces; none: there is none. */
  body: readonly Uint8Array[];
}

export interface DispatcherAnswer {
  status: number;
  bytes: Buffer;
}

/** Of an answer: the largest is what a function has answered, 1 MiB, with its head. */
const MOST_BYTES = 2 * 1024 * 1024;

/** The connection ended before the answer was whole. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** One request to the dispatcher. What it answers is held as a whole, and bounded. */
export class DispatcherCall implements Receiver {
  readonly answer: Promise<DispatcherAnswer>;
  readonly #resolve: (answer: DispatcherAnswer) => void;
  readonly #reject: (error: Error) => void;
  #stream: UpstreamStream | undefined;
  #status = 0;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<DispatcherAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @param onFresh over a connection of its own; throws for what cannot be sent */
  send(to: Upstream, { method, path, headers, body }: DispatcherRequest, onFresh: boolean): void {
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    const outHeaders = bytes === 0 ? headers : [...headers, 'content-length', String(bytes)];
    const framing = bytes === 0 ? 'none' : 'length';
    const stream = to.open({ method, path, outHeaders, framing, upgrade: null }, this, onFresh);
    this.#stream = stream;
    if (bytes === 0) return;
    for (const piece of body) stream.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    stream.finish([]);
  }

  /** Nothing of it is waited for any more. */
  giveUp(why: Error): void {
    this.#reject(why);
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  informational(): void {}

  head(status: number): void {
    this.#status = status;
  }

  whole(status: number, _reason: string, _headers: string[], body: string): void {
    this.#take(() => this.#end(status, Buffer.from(body, 'latin1')));
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    this.#take(() => {
      this.#bytes += chunk.length;
      if (this.#bytes > MOST_BYTES) this.giveUp(new Error('its answer is too large'));
      else this.#pieces.push(Buffer.from(chunk));
    });
    letGo?.();
    return true;
  }

  end(): void {
    this.#take(() => this.#end(this.#status, Buffer.concat(this.#pieces)));
  }

  switched(): void {
    this.giveUp(new Error('it answers another protocol'));
  }

  drained(): void {}

  failed(error: Error): void {
    this.#take(() => this.#reject(new ConnectionLost('the connection was lost', { cause: error })));
  }

  #end(status: number, bytes: Buffer): void {
    this.#stream?.release();
    this.#stream = undefined;
    this.#resolve({ status, bytes });
  }

  #take(run: () => void): void {
    try {
      enter('dispatcher answer');
      run();
    } catch (error) {
      caught('dispatcher answer', error);
      this.giveUp(asError(error));
    }
  }
}
