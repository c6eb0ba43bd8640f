import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { guarded } from '../errors/guarded-entries.ts';

/** Bytes of pipelined requests that were read and not served yet, of all connections together. */
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

/** How far a connection is behind with what was parsed of it. */
export interface ReadPace {
  /** Requests that wait for their turn. */
  readonly ahead: number;
  /** Nothing more of it is served. */
  readonly closing: boolean;
}

/** As a server's `clientError` gives it. */
export type ParserStop = Error & { code?: string; bytesParsed?: number; rawPacket?: Buffer };

/** Code of a `clientError` that is none: the parser has paused because this asked it to. */
export const STOPPED = 'HPE_PAUSED';
/** llhttp takes this from the callback for a head as the wish to stop behind it. */
const STOP = 21;
/** High-water mark of pipelining: a connection with so many requests ahead is not read from. */
const AHEAD_MAX = 16;

/** Of Node's own: the parser that a server has given a socket, and its note that it has paused the socket itself. */
interface Parser {
  onIncoming: ((request: IncomingMessage, keepAlive: boolean) => number) | null;
  resume(): void;
}
type ParsedSocket = Socket & { parser?: Parser | null; _paused?: boolean };

/**
 * Stops a server's parser behind a head when enough requests wait, in the midst of a read: a read may have thousands of
 * heads in it, and each costs some kilobytes once it is parsed. The rest of the read is kept as it is, and no more is read,
 * until the connection goes on. One that sends nothing ahead is not touched: what it sends goes from the system to the
 * parser without passing here.
 */
export class ClientReader {
  readonly #socket: ParsedSocket;
  readonly #pace: ReadPace;
  readonly #backlog: Backlog;
  #watches = false;
  #rest: Buffer | undefined;
  #onResume: (() => void) | undefined;

  constructor(socket: Socket, pace: ReadPace, backlog: Backlog) {
    this.#socket = socket;
    this.#pace = pace;
    this.#backlog = backlog;
  }

  /** Requests are pipelined: from the next head on the parser pauses when enough of them wait. */
  watch(): void {
    const { parser } = this.#socket;
    const take = parser?.onIncoming;
    if (this.#watches || parser === null || parser === undefined || typeof take !== 'function') return;
    this.#watches = true;
    parser.onIncoming = (request, keepAlive) => {
      const verdict = take(request, keepAlive);
      return verdict === 0 && this.#isEnough() && !endsParsing(request) ? STOP : verdict;
    };
  }

  /** The parser has stopped, or was given bytes when it had. */
  stopped({ bytesParsed = -1, rawPacket }: ParserStop): void {
    // What comes now is thrown away, unparsed.
    if (this.#pace.closing) return;
    const rest = bytesParsed >= 0 ? rawPacket?.subarray(bytesParsed) : undefined;
    if (rest === undefined || this.#rest !== undefined || this.#backlog.full) {
      this.#socket.destroy();
      return;
    }
    this.#onResume ??= guarded(
      'client bytes',
      () => this.#goOn(),
      () => this.#socket.destroy(),
    );
    if (this.#socket.listenerCount('resume', this.#onResume) === 0) this.#socket.on('resume', this.#onResume);
    this.#socket.pause();
    this.#keep(compact(rest));
  }

  /** The server has let go of the socket, and given what it had not parsed to others. */
  detach(): void {
    this.#watches = false;
    if (this.#onResume !== undefined) this.#socket.off('resume', this.#onResume);
    this.#keep(undefined);
  }

  #isEnough(): boolean {
    return this.#pace.closing || this.#pace.ahead >= (this.#backlog.full ? 1 : AHEAD_MAX);
  }

  /** Called before anything more is read. */
  #goOn(): void {
    const socket = this.#socket;
    const rest = this.#rest;
    // Or the server has paused it, which notes that apart and insists on being asked.
    if (rest === undefined || socket.isPaused() || socket._paused === true) return;
    if (this.#pace.ahead > 0) {
      // Node reads on at the end of each request.
      socket.pause();
      return;
    }
    const [feed] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    this.#keep(undefined);
    socket.parser?.resume();
    feed?.call(socket, rest);
  }

  #keep(rest: Buffer | undefined): void {
    this.#backlog.add((rest?.length ?? 0) - (this.#rest?.length ?? 0));
    this.#rest = rest;
  }
}

/** The parser reads no further than to the end of such a request, and forgets the rest when it is stopped before. */
function endsParsing({ method, headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined || method === 'CONNECT';
}

/** A small part of a read would hold all of it. */
function compact(rest: Buffer): Buffer {
  if (rest.buffer.byteLength <= 2 * rest.length) return rest;
  const own = Buffer.allocUnsafeSlow(rest.length);
  rest.copy(own);
  return own;
}
