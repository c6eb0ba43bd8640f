import { Readable } from '../builtin.ts';
import { blobTypeOf } from './blob-type.ts';
import { makeEnumerable } from './enumerable.ts';
import { parseForm } from './form.ts';
import type { Headers } from './headers.ts';

/** Bytes that come from elsewhere, read at most once, one way or the other. */
export interface Incoming {
  /** All of it. Rejects when it breaks off. */
  collect(): Promise<Uint8Array>;
  stream(): ReadableStream<Uint8Array>;
}

/** What a body is made of. */
export type Source = null | string | Uint8Array | ReadableStream | Incoming;

/** In front of a text it tells its encoding, and is not of it. */
const BYTE_ORDER_MARK = '\ufeff';

/** Takes what a body is made of; it counts as read from then on. @throws TypeError where it was read before. */
export let takeSource: (body: Body) => Exclude<Source, Incoming>;

/** Whether there is a body, empty or not, without making a stream of it. */
export let hasSource: (body: Body) => boolean;

/** Takes it as `takeSource` does, and leaves it as it is: what comes from elsewhere has not begun to be read. */
export let moveSource: (body: Body) => Source;

/** Makes two of a body: one stays in it, one is returned. @throws TypeError where it was read before. */
export let copySource: (body: Body) => Exclude<Source, Incoming>;

/** The Fetch standard's Body: the half that Request and Response have in common. */
export abstract class Body {
  #source: Source;
  #isTaken = false;

  static {
    takeSource = (body) => {
      const source = body.#take();
      return isIncoming(source) ? source.stream() : source;
    };
    hasSource = (body) => body.#source !== null;
    moveSource = (body) => body.#take();
    copySource = (body) => body.#copy();
  }

  abstract get headers(): Headers;

  constructor(source: Source) {
    this.#source = source;
  }

  get body(): ReadableStream | null {
    const source = this.#source;
    if (source === null || isStream(source)) return source;
    this.#source = this.#isTaken ? closedStream() : streamOf(source);
    return this.#source;
  }

  get bodyUsed(): boolean {
    return this.#isTaken || (isStream(this.#source) && Readable.isDisturbed(this.#source));
  }

  async text(): Promise<string> {
    const all = await this.#readAll();
    if (typeof all !== 'string') return new TextDecoder().decode(all);
    return (all.startsWith(BYTE_ORDER_MARK) ? all.slice(1) : all).toWellFormed();
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const all = await this.#readAll();
    return typeof all === 'string' ? new TextEncoder().encode(all) : new Uint8Array(all);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: blobTypeOf(this.headers.get('content-type')) });
  }

  async formData(): Promise<FormData> {
    return parseForm(await this.bytes(), this.headers.get('content-type') ?? '');
  }

  #take(): Source {
    const source = this.#source;
    if (this.bodyUsed || (isStream(source) && source.locked)) {
      throw new TypeError('the body was read already, or is being read');
    }
    this.#isTaken = source !== null;
    return source;
  }

  #copy(): Exclude<Source, Incoming> {
    const source = this.#take();
    this.#isTaken = false;
    if (source === null || typeof source === 'string' || source instanceof Uint8Array) return source;
    const [mine, copy] = (isIncoming(source) ? source.stream() : source).tee();
    this.#source = mine;
    return copy;
  }

  async #readAll(): Promise<string | Uint8Array> {
    const source = this.#take();
    if (source === null) return '';
    if (typeof source === 'string' || source instanceof Uint8Array) return source;
    return isIncoming(source) ? source.collect() : collectStream(source);
  }
}

makeEnumerable(Body.prototype);

/** Whether `value` is a ReadableStream. By its tag: the class itself takes 3 ms to load, and most bodies are no stream. */
export function isStream(value: unknown): value is ReadableStream {
  return typeof value === 'object' && Object.prototype.toString.call(value) === '[object ReadableStream]';
}

export function isIncoming(source: Source): source is Incoming {
  return typeof source === 'object' && source !== null && 'collect' in source;
}

function closedStream(): ReadableStream {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function streamOf(source: string | Uint8Array | Incoming): ReadableStream {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) return source.stream();
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : new Uint8Array(source);
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function collectStream(stream: ReadableStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a body stream must give bytes');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
