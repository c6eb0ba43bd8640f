import { AsyncLocalStorage } from '../builtin.ts';
import { CloseEvent, ErrorEvent, GuardedTarget, MessageEvent } from './events.ts';

/** What comes from the other end. */
type Arrival =
  | { is: 'message'; data: string | ArrayBuffer }
  /** No code: none was said. */
  | { is: 'close'; code: number | undefined; reason: string; wasClean: boolean }
  | { is: 'error'; error: Error };

/** The connection to a client, where an end has one. */
export interface Wire {
  send(data: string | Uint8Array): void;
  close(code: number | undefined, reason: string): void;
  /** Nothing is read from the client until `resume`. */
  pause(): void;
  resume(): void;
  /** Bytes that are not yet handed to the network. */
  readonly bufferedAmount: number;
}

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3] as const;
/** RFC 6455, 7.4.1: no code was said; and the connection broke off without a word. */
const [NO_CODE, BROKEN_OFF] = [1005, 1006] as const;
/** What fits into a close frame beside the code. */
const REASON_MAX_BYTES = 123;

/**
 * One end of a `WebSocketPair`, as Cloudflare Workers have it: what is sent into one comes out of the other. One is
 * accepted and used by the handler; the other is given to a `Response`, and is from then on the client's connection.
 */
export class SocketEnd extends GuardedTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  static readonly READY_STATE_CONNECTING = CONNECTING;
  static readonly READY_STATE_OPEN = OPEN;
  static readonly READY_STATE_CLOSING = CLOSING;
  static readonly READY_STATE_CLOSED = CLOSED;

  binaryType: 'arraybuffer' | 'blob' = 'arraybuffer';
  url = '';
  protocol = '';
  extensions = '';
  #other: SocketEnd = this;
  #use: 'none' | 'accepted' | 'given' = 'none';
  #state: 1 | 2 | 3 = OPEN;
  /** What came before anybody took it. */
  readonly #waiting: Arrival[] = [];
  #wire: Wire | undefined;
  /** Where listeners run: in the course of the request that accepted this end. */
  #within: (run: () => void) => void = (run) => run();
  #onFailure: ((error: unknown) => void) | undefined;

  /**
   * Two ends that are each other's.
   * @param onFailure called with an error in a listener of an end whose other end is no client's, or not yet.
   */
  static pair(onFailure?: (error: unknown) => void): [SocketEnd, SocketEnd] {
    const [one, two] = [new SocketEnd(), new SocketEnd()];
    one.#onFailure = two.#onFailure = onFailure;
    one.#other = two;
    two.#other = one;
    return [one, two];
  }

  get readyState(): number {
    return this.#state;
  }
  get bufferedAmount(): number {
    return this.#other.#wire?.bufferedAmount ?? 0;
  }

  /** Has this end's events come, those that are here already after the caller's present turn. */
  accept(): void {
    if (this.#use === 'given') throw new TypeError('this end of the WebSocketPair is the client’s: accept the other');
    if (this.#use === 'accepted') return;
    this.#use = 'accepted';
    this.#within = AsyncLocalStorage.snapshot();
    queueMicrotask(() => {
      for (const arrival of this.#waiting.splice(0)) this.#deliver(arrival);
      this.#other.#wire?.resume();
    });
  }

  /** Text, or bytes; those are copied. @throws TypeError before `accept` and after `close`. */
  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.#use !== 'accepted') throw new TypeError('accept() must be called before send()');
    if (this.#state !== OPEN) throw new TypeError('send() was called after the WebSocket was closed');
    this.#other.#take({ is: 'message', data: contentOf(data) });
  }

  /** @throws TypeError for a code or a reason that no client may be sent. */
  close(code?: number, reason = ''): void {
    if (code !== undefined && !isCode(code)) throw new TypeError(`${code} is no code to close a WebSocket with`);
    if (Buffer.byteLength(reason) > REASON_MAX_BYTES) throw new TypeError('the reason is longer than 123 bytes');
    if (code === undefined && reason !== '') throw new TypeError('a reason needs a code');
    if (this.#use !== 'accepted') throw new TypeError('accept() must be called before close()');
    if (this.#state !== OPEN) return;
    this.#state = CLOSING;
    const arrival: Arrival = { is: 'close', code, reason, wasClean: true };
    this.#other.#take(arrival);
    // Two ends in one process need no handshake.
    if (this.#other.#use === 'accepted') queueMicrotask(() => this.#deliver(arrival));
  }

  /** Makes this end a client's. @throws TypeError where it is in use. */
  give(): void {
    if (this.#use !== 'none') throw new TypeError(`the webSocket of the response was ${this.#use} before`);
    this.#use = 'given';
  }

  /**
   * Puts this end, which was given, on the wire. Returns what is to be called with what the client sends.
   * @param onFailure called with an error in a listener of the other end.
   */
  couple(wire: Wire, protocol: string, onFailure: (error: unknown) => void): (arrival: Arrival) => void {
    this.#wire = wire;
    this.#other.protocol = protocol;
    this.#other.#onFailure = onFailure;
    if (this.#other.#use === 'none') wire.pause();
    for (const arrival of this.#waiting.splice(0)) this.#take(arrival);
    return (arrival) => this.#other.#take(arrival);
  }

  /** The answer with this end in it is not sent: to the other end, as if the client had left. */
  [Symbol.dispose](): void {
    this.#use = 'given';
    this.#other.#take({ is: 'close', code: BROKEN_OFF, reason: '', wasClean: false });
  }

  protected override failed(error: unknown): void {
    const uncaught = () => {
      throw error;
    };
    if (this.#onFailure === undefined) queueMicrotask(uncaught);
    else this.#onFailure(error);
  }

  #take(arrival: Arrival): void {
    if (this.#wire !== undefined) this.#write(this.#wire, arrival);
    else if (this.#use === 'accepted') queueMicrotask(() => this.#deliver(arrival));
    else this.#waiting.push(arrival);
  }

  #write(wire: Wire, arrival: Arrival): void {
    if (arrival.is === 'message') {
      wire.send(typeof arrival.data === 'string' ? arrival.data : new Uint8Array(arrival.data));
    } else if (arrival.is === 'close') {
      wire.close(arrival.code, arrival.reason);
    }
  }

  #deliver(arrival: Arrival): void {
    if (this.#state === CLOSED) return;
    if (arrival.is === 'close') this.#state = CLOSED;
    this.#within(() => this.dispatchEvent(this.#eventOf(arrival)));
  }

  #eventOf(arrival: Arrival): Event {
    if (arrival.is === 'error') return new ErrorEvent(arrival.error);
    if (arrival.is === 'close') return new CloseEvent({ ...arrival, code: arrival.code ?? NO_CODE });
    const { data } = arrival;
    return new MessageEvent(typeof data === 'string' || this.binaryType === 'arraybuffer' ? data : new Blob([data]));
  }
}

function isCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== BROKEN_OFF;
}

function contentOf(data: unknown): string | ArrayBuffer {
  if (data instanceof ArrayBuffer) return data.slice(0);
  if (!ArrayBuffer.isView(data)) return String(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer as ArrayBuffer;
}
