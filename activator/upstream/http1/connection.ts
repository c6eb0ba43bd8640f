// Longer than 250 lines: a socket's events share one state, of which each changes a part.
import { connect, type Socket } from 'node:net';
import { asError, caught, enter, guarded } from '../../errors/guarded-entries.ts';
import type { Receiver, UpstreamStream } from '../upstream-stream.ts';
import { MalformedMessage } from './header-lines.ts';
import { Intake } from './intake.ts';
import { type Http1Request, lastChunk } from './request-head.ts';
import { type AnswerSink, ResponseParser } from './response-parser.ts';

/** TCP keep-alive: a connection without bytes for so long is probed, so that one to a lost node is noticed. */
const PEER_CHECK_MS = 60_000;

/** The pool that it is of. */
export interface ConnectionOwner {
  /** The answer was received whole: it may carry the next request. */
  give(connection: Connection): void;
  /** It has ended while it was idle. Called once. */
  lost(connection: Connection): void;
}

/**
 * A connection to a replica: one request at a time, both directions at once. Memory: nothing of its own while it is idle
 * or carries small messages; in the midst of a large answer one read buffer of 64 KiB and those chunks that the receiver
 * has not let go of yet, at most one read more than it asked for; of a request what its sender gave after `write` said
 * to wait. The file is longer than others: the socket's reads and the parser's calls share the state of one message.
 */
export class Connection implements AnswerSink, UpstreamStream {
  readonly #socket: Socket;
  readonly #parser = new ResponseParser(this);
  readonly #intake = new Intake();
  readonly #owner: ConnectionOwner;
  #state: 'free' | 'busy' | 'gone' | 'switched' = 'free';
  #receiver: Receiver | undefined;
  #connected = false;
  #used = false;
  #reused = false;
  #refused = false;
  #body: Http1Request['body'] = 'none';
  #bodyDone = true;
  #paused = false;
  /** Where in what is being fed the bytes of body lie that the receiver has not been given yet. */
  #pieceFrom = 0;
  #pieceTo = 0;
  /** The last call of the receiver; made after the read is handled, for the receiver may send the next request in it. */
  #ending: (() => void) | undefined;
  /** The owner's notes: since when it is free, and how often it was found to be. */
  freeSinceMs = 0;
  sweeps = 0;

  /** Begins to connect. @param connectMs longest that this may take. */
  constructor(ip: string, port: number, connectMs: number, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = connect({
      host: ip,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PEER_CHECK_MS,
      onread: { buffer: () => this.#intake.next(), callback: (length) => this.#onRead(length) },
    });
    const broken = (error: Error) => this.#fail(error);
    const late = () => this.#fail(errorOf('ETIMEDOUT', 'connecting took too long'));
    const timer = setTimeout(guarded('replica timer', late, broken), connectMs);
    const onConnect = () => {
      clearTimeout(timer);
      this.#connected = true;
    };
    const onClose = () => {
      clearTimeout(timer);
      this.#fail(errorOf('CLOSED', 'the connection was closed'));
    };
    this.#socket
      .on('connect', guarded('replica connected', onConnect, broken))
      .on('error', guarded('replica error', broken, broken))
      .on(
        'end',
        guarded('replica end', () => this.#onEnd(), broken),
      )
      .on(
        'drain',
        guarded('replica drain', () => this.#receiver?.drained(), broken),
      )
      .on('close', guarded('replica close', onClose, broken));
  }

  /** Resolves when it is connected; rejects when that fails. To be asked before anything is sent. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('close', () => reject(errorOf('CLOSED', 'no connection came about')));
    });
  }

  /** Whether it can take a request. */
  get free(): boolean {
    return this.#state === 'free' && (this.#parser.keepAlive || !this.#used);
  }
  /** Whether the present request is not its first. */
  get reused(): boolean {
    return this.#reused;
  }
  /** Whether no byte of the present request can have reached the replica. */
  get unsent(): boolean {
    return !this.#connected || this.#refused;
  }
  /** Whether a byte of an answer to the present request has come. */
  get answering(): boolean {
    return this.#parser.begun;
  }
  /** Seconds that the replica keeps the connection while it is idle, where it has said so. */
  get idleSeconds(): number | undefined {
    return this.#parser.idleSeconds;
  }

  /** `receiver` hears nothing before this has returned. */
  send({ method, head, body, upgrade }: Http1Request, receiver: Receiver): void {
    this.#state = 'busy';
    this.#receiver = receiver;
    this.#reused = this.#used;
    this.#used = true;
    this.#body = body;
    this.#bodyDone = body === 'none';
    this.#parser.start(method, upgrade);
    const socket = this.#socket;
    if (body !== 'none') {
      // A small body has often come with its head, and leaves with it in one packet.
      socket.cork();
      process.nextTick(uncork, socket);
    }
    socket.write(head, 'latin1');
    // A socket that takes no byte says so at once; later its errors say nothing about what went before.
    this.#refused = socket.errored !== null;
  }

  /** A piece of the body. False: no more until the receiver hears `drained`. */
  write(chunk: Buffer): boolean {
    if (this.#state !== 'busy') return true;
    const socket = this.#socket;
    if (this.#body === 'length') return socket.write(chunk);
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk);
    const goOn = socket.write('\r\n', 'latin1');
    process.nextTick(uncork, socket);
    return goOn;
  }

  /** The body is whole. @param trailers name, value, …; only a body in chunks can have some. */
  finish(trailers: readonly string[]): void {
    if (this.#state !== 'busy') return;
    this.#bodyDone = true;
    if (this.#body === 'chunked') this.#socket.write(lastChunk(trailers), 'latin1');
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** The rest of the answer is read in small pieces. */
  sip(): void {
    this.#intake.sip();
  }

  release(): void {
    this.#owner.give(this);
  }

  /** Ends it at once; the receiver is called no more. */
  destroy(): void {
    this.#state = 'gone';
    this.#intake.reset();
    this.#receiver = undefined;
    this.#socket.destroy();
  }

  informational(status: number, headers: string[]): void {
    this.#receiver?.informational(status, headers);
  }

  head(status: number, reason: string, headers: string[]): void {
    this.#receiver?.head(status, reason, headers);
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    this.#ending = () => this.#takeReceiver()?.whole(status, reason, headers, body);
  }

  /**
   * The chunks of one read go on as one piece: each is moved up to the end of the one before, over bytes that the parser
   * has dealt with already.
   */
  data(from: number, to: number): void {
    if (this.#pieceTo === this.#pieceFrom) this.#pieceFrom = this.#pieceTo = from;
    if (this.#pieceTo < from) this.#intake.bytes.copyWithin(this.#pieceTo, from, to);
    this.#pieceTo += to - from;
  }

  #passPiece(): void {
    const [from, to] = [this.#pieceFrom, this.#pieceTo];
    this.#pieceFrom = this.#pieceTo = 0;
    const receiver = this.#receiver;
    if (to > from && receiver !== undefined && !this.#intake.pass(from, to, receiver)) this.#paused = true;
  }

  end(trailers: string[]): void {
    this.#ending = () => this.#takeReceiver()?.end(trailers);
  }

  switched(headers: string[]): void {
    this.#ending = () => {
      const receiver = this.#takeReceiver();
      this.#state = 'switched';
      receiver?.switched(headers, this.#socket);
    };
  }

  /** False: read no more for now. */
  #onRead(length: number): boolean {
    try {
      enter('replica read');
      return this.#read(length);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) caught('replica read', error);
      this.#fail(asError(error));
      return false;
    }
  }

  /** @throws MalformedMessage */
  #read(length: number): boolean {
    if (this.#state === 'switched') return this.#socket.push(this.#intake.copy(0, length));
    if (this.#state !== 'busy') {
      // Response smuggling: bytes before any request would be taken for the answer to the next one.
      this.#fail(errorOf('UNASKED_BYTES', 'the replica sent bytes before any request'));
      return false;
    }
    let taken: number;
    try {
      taken = this.#parser.feed(this.#intake.bytes, length);
    } finally {
      this.#passPiece();
    }
    if (this.#ending === undefined) return !this.#paused;
    return this.#onAnswered(taken, length);
  }

  #onAnswered(taken: number, length: number): boolean {
    const finish = this.#ending as () => void;
    this.#ending = undefined;
    this.#paused = false;
    const rest = taken < length ? this.#intake.copy(taken, length) : undefined;
    this.#intake.reset();
    const isReusable = this.#parser.keepAlive && this.#bodyDone && rest === undefined;
    if (!isReusable) this.#state = 'gone';
    finish();
    if (this.#state !== 'switched') return !isReusable ? this.#dropSocket() : true;
    return rest === undefined || this.#socket.push(rest);
  }

  #dropSocket(): boolean {
    this.#socket.destroy();
    return false;
  }

  /** The answer is over: the connection may be used for the next request. */
  #takeReceiver(): Receiver | undefined {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (this.#state === 'busy') this.#state = 'free';
    return receiver;
  }

  #onEnd(): void {
    if (this.#state !== 'busy' || !this.#parser.close()) {
      this.#fail(errorOf('CLOSED', 'the replica closed the connection'));
      return;
    }
    const finish = this.#ending;
    this.#ending = undefined;
    this.#state = 'gone';
    this.#socket.destroy();
    finish?.();
  }

  #fail(error: Error): void {
    const state = this.#state;
    if (state === 'gone' || state === 'switched') return;
    const receiver = this.#receiver;
    this.#state = 'gone';
    this.#receiver = undefined;
    this.#intake.reset();
    this.#socket.destroy();
    if (state === 'busy') receiver?.failed(error);
    else this.#owner.lost(this);
  }
}

function uncork(socket: Socket): void {
  socket.uncork();
}

function errorOf(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code });
}
