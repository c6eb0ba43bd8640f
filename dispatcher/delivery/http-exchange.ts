/** One request to a gateway and its whole answer, bounded in time and bytes. */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { Clock } from '#platform/time/clock.ts';
import type { Parcel } from './parcel.ts';

export interface ExchangeOptions {
  to: RequestOptions;
  /** The request's body; undefined: it has none. */
  parcel?: Parcel | undefined;
  /** From when it is connected until the answer begins. */
  withinMs: number;
  /** Most that is read of the answer's body. */
  maxBytes: number;
  signal: AbortSignal;
  clock: Clock;
}

/** What came of an exchange. `why` is for people. */
export type Exchanged = { kind: 'answer'; status: number; retryAfter: string | undefined; bytes: Buffer } | Failed;

export type Failed =
  /** There was no connection. */
  | { kind: 'unreachable'; why: string }
  /**
   * The connection was lost. `sent`: all of the request had been handed to the system; `reused`: the connection had been kept
   * from a request before, and may have been closed by then.
   */
  | { kind: 'lost'; sent: boolean; reused: boolean; why: string }
  /** What is no HTTP, or more than may be, or does not end. */
  | { kind: 'garbled'; why: string }
  /** No answer began within its time. */
  | { kind: 'late' };

const CONNECT_MS = 3_000;
/** Of the answer, once it has begun: it is sent in one piece. */
const BODY_MS = 30_000;
/** Smaller requests are copied together: one write costs less than several. */
const ONE_WRITE_BYTES = 64 * 1_024;

/** Never rejects. */
export function exchange(options: ExchangeOptions): Promise<Exchanged> {
  if (options.signal.aborted) {
    options.parcel?.drop();
    return Promise.resolve({ kind: 'lost', sent: false, reused: false, why: 'it was given up here' });
  }
  return new Promise((resolve) => {
    try {
      new Exchange(options, resolve);
    } catch (error) {
      // Node throws for what cannot be sent, such as a line break in a header, before there is a connection.
      options.parcel?.drop();
      resolve({ kind: 'unreachable', why: whyOf(error) });
    }
  });
}

class Exchange {
  readonly #options: ExchangeOptions;
  readonly #resolve: (exchanged: Exchanged) => void;
  readonly #call: ClientRequest;
  #isConnected = false;
  #hasBegun = false;
  /** Of the one timer: for the connection, for the answer, or for its end. */
  #cancel: () => void = () => undefined;

  constructor(options: ExchangeOptions, resolve: (exchanged: Exchanged) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#call = request(options.to);
    this.#limit(CONNECT_MS);
    options.signal.addEventListener('abort', this.#abort, { once: true });
    this.#call.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', this.#connected);
      else this.#connected();
    });
    this.#call.on('finish', () => options.parcel?.drop());
    this.#call.on('error', (error) => this.#failed(error));
    this.#call.on('response', (answer) => this.#answered(answer));
    write(this.#call, options.parcel);
  }

  readonly #abort = () => {
    this.#end({ kind: 'lost', sent: true, reused: false, why: 'it was given up here' });
    this.#call.destroy();
  };

  readonly #connected = () => {
    this.#isConnected = true;
    this.#limit(this.#options.withinMs);
  };

  #answered(answer: IncomingMessage): void {
    this.#hasBegun = true;
    this.#limit(BODY_MS);
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= this.#options.maxBytes) return void chunks.push(chunk);
      this.#end({ kind: 'garbled', why: `it answered more than ${this.#options.maxBytes} bytes` });
      answer.destroy();
    });
    answer.on('error', (error) => this.#failed(error));
    answer.on('end', () => {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const { statusCode: status = 0, headers } = answer;
      this.#end({ kind: 'answer', status, retryAfter: headers['retry-after'], bytes });
    });
  }

  #failed(error: NodeJS.ErrnoException): void {
    const why = whyOf(error);
    if (!this.#isConnected) this.#end({ kind: 'unreachable', why });
    else if (error.code?.startsWith('HPE_')) this.#end({ kind: 'garbled', why });
    else {
      const reused = this.#call.reusedSocket && !this.#hasBegun;
      this.#end({ kind: 'lost', sent: this.#call.writableFinished, reused, why });
    }
  }

  /** Of a request that is destroyed while its answer comes, Node tells nothing: what that means is said here. */
  #limit(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => {
      const why = `not within ${ms} ms`;
      if (!this.#isConnected) this.#end({ kind: 'unreachable', why });
      else this.#end(this.#hasBegun ? { kind: 'garbled', why: `it did not end within ${ms} ms` } : { kind: 'late' });
      this.#call.destroy();
    });
  }

  #end(exchanged: Exchanged): void {
    this.#cancel();
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#options.parcel?.drop();
    this.#resolve(exchanged);
  }
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
}

function write(call: ClientRequest, parcel: Parcel | undefined): void {
  if (parcel === undefined) return void call.end();
  const parts = parcel.take();
  if (parcel.length <= ONE_WRITE_BYTES) return void call.end(Buffer.concat(parts));
  call.cork();
  for (const part of parts) call.write(part);
  call.end();
}
