import { type AnswerHead, checkPartialHead, parseAnswerHead, refuseBareLf } from './answer-head.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';
import { MalformedMessage, parseHeaderLines } from './header-lines.ts';

/** Who is told what the bytes mean. Calls come while `feed` runs, in the order of the bytes. */
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
/** Longest body that is handed on as text, which is cheaper than as bytes as long as it is short. */
const WHOLE_MAX_BYTES = 16_384;
/** Of one line that says a chunk's size, extensions included. */
const CHUNK_LINE_MAX_BYTES = 4_096;
/** 2^52: what can be counted exactly. */
const SIZE_MAX_DIGITS = 13;

const HEAD = 0;
const BODY = 1;
const REST = 2;
const CHUNK_SIZE = 3;
const CHUNK_EXTENSION = 4;
const CHUNK_SIZE_END = 5;
const CHUNK_DATA = 6;
const CHUNK_DATA_CR = 7;
const CHUNK_DATA_LF = 8;
const TRAILERS = 9;
const DONE = 10;
const SWITCHED = 11;

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;

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
  #digits = 0;
  #lineBytes = 0;
  #begun = false;
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
  /** Whether the connection may carry another message, as far as the last answer tells. */
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
        this.#readChunkLine(buffer[at] as number);
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
    this.#state = length === CHUNKED ? CHUNK_SIZE : length === UNTIL_CLOSE ? REST : BODY;
    this.#beginChunk();
    this.#sink.head(status, reason, headers);
    return 0;
  }

  #takeInformational(status: number, headers: string[]): void {
    if (status !== 101) {
      this.#sink.informational(status, headers);
      return;
    }
    if (!this.#maySwitch) throw new MalformedMessage('UNASKED_SWITCH');
    this.#state = SWITCHED;
    this.#sink.switched(headers);
  }

  #readBody(at: number, to: number): number {
    const end = Math.min(to, at + this.#left);
    this.#left -= end - at;
    this.#sink.data(at, end);
    if (this.#left > 0) return end;
    if (this.#state === BODY) this.#finish([]);
    else this.#state = CHUNK_DATA_CR;
    return end;
  }

  /** One byte of what stands between the data of two chunks. */
  #readChunkLine(byte: number): void {
    switch (this.#state) {
      case CHUNK_SIZE:
        this.#readChunkSize(byte);
        return;
      case CHUNK_EXTENSION:
        this.#readChunkExtension(byte);
        return;
      case CHUNK_SIZE_END:
        if (byte !== LF) break;
        this.#state = this.#left === 0 ? TRAILERS : CHUNK_DATA;
        return;
      case CHUNK_DATA_CR:
        if (byte !== CR) break;
        this.#state = CHUNK_DATA_LF;
        return;
      default:
        if (byte !== LF) break;
        this.#state = CHUNK_SIZE;
        this.#beginChunk();
        return;
    }
    throw new MalformedMessage('BAD_CHUNK');
  }

  #beginChunk(): void {
    if (this.#state !== CHUNK_SIZE) return;
    this.#left = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
  }

  #readChunkSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#digits < SIZE_MAX_DIGITS) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
    } else if (this.#digits > 0 && byte === CR) this.#state = CHUNK_SIZE_END;
    else if (this.#digits > 0 && (byte === SEMICOLON || byte === SPACE || byte === HTAB)) this.#state = CHUNK_EXTENSION;
    else throw new MalformedMessage('BAD_CHUNK_SIZE');
  }

  /** Read over: what extensions say is for neighbours who have agreed on them. */
  #readChunkExtension(byte: number): void {
    this.#lineBytes += 1;
    if (byte === CR) this.#state = CHUNK_SIZE_END;
    else if (byte < SPACE ? byte !== HTAB : byte === 0x7f) throw new MalformedMessage('BAD_CHUNK_EXTENSION');
    if (this.#lineBytes > CHUNK_LINE_MAX_BYTES) throw new MalformedMessage('CHUNK_LINE_TOO_LONG');
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

/** Negative when it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
