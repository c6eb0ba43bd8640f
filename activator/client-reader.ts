import type { Socket } from 'node:net';
import { caught, enter, guarded } from './entries.ts';

/** Of the bytes of clients that are read and not served yet, all connections together. */
export class Backlog {
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** @param bytes negative: they are let go. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#mostBytes;
  }
}

/** A note of Node's own. */
type PausedByServer = Socket & { _paused?: boolean };

/** Who says how much may be parsed at once. */
export interface ReadPace {
  /** Bytes to be parsed before this is asked again; 0: none until the socket is resumed. */
  partBytes(): number;
}

/**
 * What a client sends, given to the server's parser in parts. A parser that is given a whole read makes a request of each
 * head in it, and thousands fit into 64 KiB; so it is stopped between parts, and the rest of the read is kept.
 */
export class ClientReader {
  readonly #socket: Socket;
  readonly #pace: ReadPace;
  readonly #backlog: Backlog;
  readonly #onData = (bytes: Buffer) => {
    try {
      enter('client bytes');
      // In nearly all cases one request, and nothing else under way.
      if (bytes.length <= this.#pace.partBytes() && !this.#isPaused()) this.#feed?.(bytes);
      else this.#take(bytes);
    } catch (error) {
      caught('client bytes', error);
      this.#socket.destroy();
    }
  };
  readonly #onResume = guarded(
    'client bytes',
    () => this.#goOn(),
    () => this.#socket.destroy(),
  );
  /** The server's own listener. */
  #feed: ((bytes: Buffer) => void) | undefined;
  #rest: Buffer | undefined;
  #feeding = false;

  constructor(socket: Socket, pace: ReadPace, backlog: Backlog) {
    this.#socket = socket;
    this.#pace = pace;
    this.#backlog = backlog;
  }

  /** Comes between the socket and the parser that the server has just given it. */
  attach(): void {
    const socket = this.#socket;
    this.#feed = socket.listeners('data').at(-1) as ((bytes: Buffer) => void) | undefined;
    if (this.#feed === undefined) return;
    socket.off('data', this.#feed).on('data', this.#onData).on('resume', this.#onResume);
  }

  /** The parser has let go of the socket. Returns what of the last read it was not given. */
  detach(): Buffer | undefined {
    this.#feed = undefined;
    this.#socket.off('data', this.#onData).off('resume', this.#onResume);
    const rest = this.#rest;
    this.#keep(undefined);
    return rest;
  }

  /** The connection is closed. */
  close(): void {
    this.#feed = undefined;
    this.#keep(undefined);
  }

  #goOn(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#feeding) return;
    this.#keep(undefined);
    this.#take(rest);
  }

  #take(bytes: Buffer): void {
    this.#feeding = true;
    let at = 0;
    try {
      while (at < bytes.length && this.#feed !== undefined && !this.#socket.destroyed) {
        const part = this.#isPaused() ? 0 : this.#pace.partBytes();
        if (part === 0) break;
        const from = at;
        at = Math.min(at + part, bytes.length);
        // Kept while a part is parsed, for that may be where the parser lets go.
        this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
        this.#feed(bytes.length === at - from ? bytes : bytes.subarray(from, at));
      }
    } finally {
      this.#feeding = false;
    }
    if (this.#feed === undefined || this.#socket.destroyed) return;
    this.#rest = undefined;
    if (at < bytes.length) this.#hold(bytes.subarray(at));
  }

  /** By us, or by the server, which notes that apart and insists on being asked. */
  #isPaused(): boolean {
    return this.#socket.isPaused() || (this.#socket as PausedByServer)._paused === true;
  }

  #hold(rest: Buffer): void {
    if (this.#backlog.full) {
      this.#socket.destroy();
      return;
    }
    this.#socket.pause();
    // A small part of a read would hold all of it.
    this.#keep(Buffer.from(rest));
  }

  #keep(rest: Buffer | undefined): void {
    if (!this.#feeding) this.#backlog.add((rest?.length ?? 0) - (this.#rest?.length ?? 0));
    this.#rest = rest;
  }
}
