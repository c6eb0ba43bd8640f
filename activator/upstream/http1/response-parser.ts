import { type AnswerHead, checkPartialHead, parseAnswerHead, refuseBareLf } from './answer-head.ts';
import { ChunkLine } from './chunk-line.ts';
import { CHUNKED, namesProtocol, UNTIL_CLOSE } from './framing.ts';
import { MalformedMessage, parseHeaderLines } from './header-lines.ts';

/** Gets the parts of an answer. Calls come while `feed` runs, in the order of the bytes. */
export interface AnswerSink {
  /** A 1xx answer other than 101; the real one is still to come. */
  informational(status: number, headers: string[]): void;
  /** The answer begins. */
  head(status: number, reason: string, headers: string[]): void;
  /** A whole answer: its head, and its body as latin1. Instead of `head`, `data` and `end`. */
  whole(status: number, reason: string, headers: string[], body: string): void;
  /** Bytes of the body, in what was fed; they are the parser's caller's again when this returns. */
  data(from: number, to: number): void;
  /** @param trailers name, value, … */
  end(trailers: string[]): void;
  /** 101: what follows is no HTTP. */
  switched(headers: string[]): void;
}

/** All header lines of an answer together, its trailers too. */
const HEAD_MAX_BYTES = 65_536;
/** Most heads end within so much; beyond it the whole of what was read is looked through. */
const PEEK_BYTES = 4_096;
/** Answers in 1xx before the real one; without a bound a replica could keep a connection busy with them for ever. */
const INFORMATIONAL_MAX = 32;
/** Longest body that is handed on as text, which is cheaper than as bytes as long as it is short. */
const WHOLE_MAX_BYTES = 16_384;

const HEAD = 0;
const BODY = 1;
const REST = 2;
const CHUNK_LINE = 3;
const CHUNK_DATA = 4;
const TRAILERS = 5;
const DONE = 6;
const SWITCHED = 7;

/**
 * Reads the answers of one connection, one after another: bytes in, calls out, cut anywhere. Strict: what two readers
 * could understand differently is refused by throwing `MalformedMessage`, after which it is of no more use. It holds at
 * most a head's 64 KiB.
 */
export class ResponseParser {
  readonly #sink: AnswerSink;
  #state = DONE;
  #bodiless = false;
  #maySwitch = false;
  #text = '';
  #left = 0;
  readonly #chunkLine = new ChunkLine();
  #begun = false;
  #informational = 0;
  #keepAlive = false;
  #idleSeconds: number | undefined;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** The present answer has ended, or none is awaited. */
  get done(): boolean {
    return this.#state === DONE;
  }
  /** Whether a byte of the present answer, or of one before it in 1xx, has come. */
  get begun(): boolean {
    return this.#begun;
  }
  /** Whether the connection may carry another message, as far as the last answer says. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }
  /** Seconds that the other side keeps the connection while it is idle, where it has said so. */
  get idleSeconds(): number | undefined {
    return this.#idleSeconds;
  }

  /** An answer is awaited. @param upgrade whether 101 is a possible one. */
  start(method: string, upgrade: boolean): void {
    this.#state = HEAD;
    this.#bodiless = method === 'HEAD';
    this.#maySwitch = upgrade;
    this.#text = '';
    this.#begun = false;
    this.#informational = 0;
    this.#keepAlive = false;
  }

  /**
   * Takes the first `length` bytes of a buffer and returns how many of them belong to the answer: fewer than all only
   * when it has ended, or what follows is no HTTP.
   */
  feed(buffer: Buffer, length: number): number {
    let at = 0;
    this.#begun ||= length > 0;
    while (at < length && this.#state !== DONE && this.#state !== SWITCHED) at = this.#step(buffer, at, length);
    return at;
  }

  /** The other side has ended the connection. False when it should not have: the answer is not whole. */
  close(): boolean {
    if (this.#state !== REST) return this.#state === DONE;
    this.#finish([]);
    return true;
  }

  #step(buffer: Buffer, at: number, to: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(buffer, at, to);
      case BODY:
      case CHUNK_DATA:
        return this.#readBody(at, to);
      case REST:
        this.#sink.data(at, to);
        return to;
      case TRAILERS:
        return this.#readTrailers(buffer, at, to);
      default:
        if (this.#chunkLine.read(buffer[at] as number)) this.#beginChunk();
        return at + 1;
    }
  }

  #readHead(buffer: Buffer, at: number, to: number): number {
    const before = this.#text.length;
    let text = this.#text + buffer.toString('latin1', at, Math.min(to, at + PEEK_BYTES));
    let end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end === -1 && to - at > PEEK_BYTES) {
      text += buffer.toString('latin1', at + PEEK_BYTES, to);
      end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    }
    if ((end === -1 ? text.length : end) > HEAD_MAX_BYTES) throw new MalformedMessage('HEAD_TOO_LARGE');
    if (end === -1) {
      checkPartialHead(text, before);
      this.#text = text;
      return to;
    }
    this.#text = '';
    const bodyAt = at + end + 4 - before;
    const length = this.#begin(parseAnswerHead(text, end, this.#bodiless), buffer, bodyAt, to);
    return bodyAt + length;
  }

  /** Returns how many bytes of the body it has dealt with. */
  #begin(head: AnswerHead, buffer: Buffer, bodyAt: number, to: number): number {
    const { status, reason, headers, framing } = head;
    if (status < 200) {
      this.#takeInformational(status, headers);
      return 0;
    }
    const { length } = framing;
    this.#keepAlive = framing.keepAlive;
    this.#idleSeconds = framing.idleSeconds;
    if (length >= 0 && length <= WHOLE_MAX_BYTES && bodyAt + length <= to) {
      this.#state = DONE;
      this.#sink.whole(status, reason, headers, buffer.toString('latin1', bodyAt, bodyAt + length));
      return length;
    }
    this.#left = length;
    this.#state = length === CHUNKED ? CHUNK_LINE : length === UNTIL_CLOSE ? REST : BODY;
    this.#chunkLine.start(true);
    this.#sink.head(status, reason, headers);
    return 0;
  }

  #takeInformational(status: number, headers: string[]): void {
    if (status !== 101) {
      this.#informational += 1;
      if (this.#informational > INFORMATIONAL_MAX) throw new MalformedMessage('TOO_MANY_INFORMATIONAL');
      this.#sink.informational(status, headers);
      return;
    }
    if (!this.#maySwitch) throw new MalformedMessage('UNASKED_SWITCH');
    if (!namesProtocol(headers)) throw new MalformedMessage('UNNAMED_SWITCH');
    this.#state = SWITCHED;
    this.#sink.switched(headers);
  }

  #readBody(at: number, to: number): number {
    const end = Math.min(to, at + this.#left);
    this.#left -= end - at;
    this.#sink.data(at, end);
    if (this.#left > 0) return end;
    if (this.#state === BODY) this.#finish([]);
    else this.#awaitChunk();
    return end;
  }

  #awaitChunk(): void {
    this.#state = CHUNK_LINE;
    this.#chunkLine.start(false);
  }

  #beginChunk(): void {
    this.#left = this.#chunkLine.size;
    this.#state = this.#left === 0 ? TRAILERS : CHUNK_DATA;
  }

  #readTrailers(buffer: Buffer, at: number, to: number): number {
    const before = this.#text.length;
    const text = this.#text + buffer.toString('latin1', at, to);
    // Without a trailer the empty line is the first.
    const last = text.startsWith('\r\n') ? -2 : text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (Math.max(last, text.length - 4) > HEAD_MAX_BYTES) throw new MalformedMessage('HEAD_TOO_LARGE');
    if (last === -1) {
      refuseBareLf(text, before);
      this.#text = text;
      return to;
    }
    this.#text = '';
    this.#finish(parseHeaderLines(text, 0, last + 2));
    return at + last + 4 - before;
  }

  #finish(trailers: string[]): void {
    this.#state = DONE;
    this.#sink.end(trailers);
  }
}
