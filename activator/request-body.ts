import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** As much of a body is kept while no replica has begun with it; a longer one cannot be sent a second time. */
const REPLAY_MAX_BYTES = 65_536;

/**
 * A client's request body, on its way to one replica at a time and with that one's back-pressure. Nothing is read before
 * a replica takes it. A replica that says that it has not begun may be followed by another as long as `replayable`.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #awaited: ServerResponse | undefined;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #bytes = 0;
  #attached = false;
  #ended = false;
  #stream: BodyStream | undefined;

  /** @param awaited where the client waits for 100 before it sends anything; undefined: it does not wait. */
  constructor(request: IncomingMessage, awaited: ServerResponse | undefined) {
    this.#request = request;
    this.#awaited = awaited;
  }

  /** Whether `open` gives the body from its first byte. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  /** At most what Node holds of it while nobody reads, or what is kept of it here. */
  get heldBytes(): number {
    const announced = Number(this.#request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    return Math.min(announced, REPLAY_MAX_BYTES);
  }

  /** As many as were read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The body as a stream for one attempt; the one before gets no more. */
  open(): Readable {
    this.#stream?.detach();
    const stream = new BodyStream({
      wants: () => this.#request.resume(),
      detached: () => {
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        this.#request.pause();
      },
    });
    this.#stream = stream;
    for (const chunk of this.#kept ?? []) stream.push(chunk);
    if (this.#ended) stream.push(null);
    else this.#attach();
    return stream;
  }

  /** A replica has begun: the body will not be needed again. */
  release(): void {
    this.#kept = undefined;
  }

  /** Nobody wants the rest. It is thrown away as it comes, so that the connection can carry the next request. */
  discard(): void {
    this.#kept = undefined;
    this.#stream?.detach();
    this.#stream = undefined;
    this.#request.resume();
  }

  #attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    this.#awaited?.writeContinue();
    // A listener alone would set it flowing.
    this.#request.pause();
    this.#request.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#request.on('end', () => {
      this.#ended = true;
      this.#stream?.push(null);
    });
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#kept !== undefined) {
      this.#keptBytes += chunk.length;
      if (this.#keptBytes > REPLAY_MAX_BYTES) this.#kept = undefined;
      else this.#kept.push(chunk);
    }
    if (this.#stream !== undefined && !this.#stream.push(chunk)) this.#request.pause();
  }
}

class BodyStream extends Readable {
  readonly #source: { wants: () => void; detached: () => void };
  #detached = false;

  constructor(source: { wants: () => void; detached: () => void }) {
    super();
    this.#source = source;
  }

  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#source.detached();
  }

  override _read(): void {
    if (!this.#detached) this.#source.wants();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.detach();
    callback(error);
  }
}
