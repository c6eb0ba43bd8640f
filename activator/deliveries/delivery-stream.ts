import type { Duplex } from 'node:stream';
import { guarded } from '../errors/guarded-entries.ts';
import type { ClientBody, ClientHead, ClientStream, StreamHandler } from '../inbound/client-stream.ts';
import type { AnswerBuffer } from './answer-buffer.ts';

/** A body that is in memory, as a paused stream: one piece and the end, once what listens to it has returned. */
class HeldBody implements ClientBody {
  readonly complete = true;
  readonly rawTrailers: string[] = [];
  readonly #failed: (error: Error) => void;
  #bytes: Buffer | undefined;
  #ended = false;
  #paused = false;
  #scheduled = false;
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;

  constructor(bytes: Uint8Array, failed: (error: Error) => void) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#failed = failed;
  }

  on(event: 'data', listener: (chunk: Buffer) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'data' | 'end', listener: (chunk: Buffer) => void): void {
    if (event === 'data') this.#onData = listener;
    else this.#onEnd = listener as () => void;
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#ended || this.#onEnd === undefined) return;
    this.#scheduled = true;
    // Not later: what has asked for it may still hold the head back, so that both leave in one packet.
    queueMicrotask(guarded('delivery body', () => this.#next(), this.#failed));
  }

  #next(): void {
    this.#scheduled = false;
    if (this.#paused) return;
    const bytes = this.#bytes;
    // What takes it keeps it for as long as it is needed.
    this.#bytes = undefined;
    if (bytes !== undefined) this.#onData?.(bytes);
    if (this.#paused) return;
    this.#ended = true;
    this.#onEnd?.();
  }
}

/** The first lines of what was answered. */
interface AnswerStart {
  readonly status: number;
  /** Name, value, … */
  readonly headers: readonly string[];
}

/** A delivered request as a client's stream: nothing waits for its answer, of which the beginning is kept. */
export class DeliveryStream implements ClientStream {
  readonly head: ClientHead;
  readonly body: ClientBody;
  readonly holdsBody = true;
  readonly awaitsContinue = false;
  readonly upgradeTo = null;
  readonly fault = undefined;
  readonly takesTrailers = false;
  readonly unsentBytes = 0;
  readonly upgradedBytes = undefined;
  handler: StreamHandler | undefined;
  readonly #answer: AnswerBuffer;
  #start: AnswerStart | undefined;
  #broken = false;

  constructor(head: ClientHead, body: Uint8Array, answer: AnswerBuffer) {
    this.head = head;
    this.body = new HeldBody(body, (error) => this.handler?.crash('delivery body', error));
    this.#answer = answer;
  }

  /** Undefined: none was begun. */
  get start(): AnswerStart | undefined {
    return this.#start;
  }
  /** It was broken off. */
  get broken(): boolean {
    return this.#broken;
  }
  get begun(): boolean {
    return this.#start !== undefined;
  }

  endConnection(): void {}
  informational(): void {}
  flush(): void {}
  onDrain(): void {}

  reset(): void {
    this.#broken = true;
  }

  begin(status: number, headers: string[]): void {
    this.#start = { status, headers };
  }

  write(chunk: Buffer, sent: (() => void) | undefined): boolean {
    this.#answer.add(chunk);
    sent?.();
    return true;
  }

  end(): void {}

  endWith(text: string, encoding: 'latin1' | 'utf8'): void {
    this.#answer.add(Buffer.from(text, encoding));
  }

  linger(): boolean {
    return false;
  }

  upgrade(): Duplex {
    throw new Error('what is delivered asks for no other protocol');
  }
}
