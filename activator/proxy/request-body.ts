import { type Entry, guarded } from '../errors/guarded-entries.ts';
import type { ClientBody, ClientStream } from '../inbound/client-stream.ts';
import { trailers } from './headers.ts';
import { keep } from './small-pieces.ts';
import { takeOut } from './withheld-fields.ts';

/**
 * Replay buffer: so much of a body is read while the request waits, and kept until a replica has begun with it. A longer
 * body cannot be sent a second time.
 */
const REPLAY_MAX_BYTES = 65_536;

/** A replica turns a request away within a second, and may take hours to answer it: so long a longer one is kept, where one is. */
const LONG_REPLAY_MS = 5_000;

/** Where a body goes. */
export interface BodySink {
  /** False: no more until `more` of the body is called. */
  write(chunk: Buffer): boolean;
  /** @param trailers name, value, name, value, … */
  finish(trailers: readonly string[]): void;
}

/** The share of the process' memory that the replay buffer is counted in while a replica has the request; before, the queue counts it. */
export interface BodyBudget {
  mayKeep(bytes: number): boolean;
  /** @param bytes negative: they are let go. */
  kept(bytes: number): void;
}

/** Watches a body on its way. */
export interface BodyWatcher {
  /** Bytes read so far, at each piece, before it goes on; may discard the body. */
  received(total: number): void;
  /** Taking or passing on a piece threw. */
  crash(entry: Entry, error: unknown): void;
}

/**
 * A client's request body, on its way to one replica at a time and with that one's back-pressure. While it waits for one,
 * its first 64 KiB are read, so that a client that leaves is noticed. A replica that says that it has not begun may be
 * followed by another as long as `replayable`. Memory: at most 64 KiB, a read more, and what Node reads ahead (64 KiB).
 */
export class RequestBody {
  readonly #stream: ClientStream;
  readonly #body: ClientBody;
  readonly #watcher: BodyWatcher;
  #awaited: boolean;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  /** Of those the ones that the budget counts. */
  #counted = 0;
  #budget: BodyBudget | undefined;
  #bytes = 0;
  #gathered: Buffer[] = [];
  #attached = false;
  #unwanted = false;
  #ended = false;
  #sink: BodySink | undefined;
  /** Undefined: nothing is. */
  #withheld: readonly string[] | undefined;

  constructor(stream: ClientStream, watcher: BodyWatcher) {
    this.#stream = stream;
    this.#body = stream.body;
    this.#awaited = stream.awaitsContinue;
    this.#watcher = watcher;
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** At most as much is held of it here while it waits. */
  get heldBytes(): number {
    const announced = Number(this.#stream.head.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    return Math.min(announced, this.#replayMaxBytes);
  }

  get #replayMaxBytes(): number {
    return this.#stream.holdsBody ? Number.POSITIVE_INFINITY : REPLAY_MAX_BYTES;
  }

  /** Whether all of it has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the client waits for 100 Continue before it sends it. */
  get awaited(): boolean {
    return this.#awaited;
  }

  /** Whether `open` gives the body from its first byte. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  /** It waits for a replica: its beginning is read. */
  readAhead(): void {
    if (!this.#awaited) this.#attach();
  }

  /** Gives the body to a sink, from its first byte; the sink before gets no more. */
  open(sink: BodySink): void {
    this.#sink = sink;
    this.#count();
    let goOn = true;
    for (const chunk of this.#kept ?? []) goOn = sink.write(chunk) && goOn;
    if (this.#ended) sink.finish(this.#trailers());
    else if (!this.#attached) this.#attach();
    else if (goOn) this.#body.resume();
    if (this.heldBytes > REPLAY_MAX_BYTES) setTimeout(onLongReplay, LONG_REPLAY_MS, this, sink).unref();
  }

  /** The sink has had all of it for long enough: what is kept for a replay is let go of. */
  settled(sink: BodySink): void {
    if (this.#sink === sink) this.release();
  }

  /** The sink can take more. */
  more(): void {
    if (this.#sink !== undefined && !this.#ended) this.#body.resume();
  }

  /** The sink gets no more. */
  detach(): void {
    if (this.#sink === undefined) return;
    this.#sink = undefined;
    this.#count();
    if (!this.#ended) this.#body.pause();
  }

  /** A replica has begun: the body will not be needed again. */
  release(): void {
    this.#kept = undefined;
    this.#keptBytes = 0;
    this.#count();
  }

  /** Its trailers go on without these. @param names in lower case */
  withhold(names: readonly string[]): void {
    this.#withheld = names;
  }

  /** Its function is known. */
  charge(budget: BodyBudget): void {
    this.#budget = budget;
  }

  #count(): void {
    const bytes = this.#sink === undefined ? 0 : this.#keptBytes;
    if (bytes !== this.#counted) this.#budget?.kept(bytes - this.#counted);
    this.#counted = bytes;
  }

  /** The rest is read and thrown away, so that the connection can carry the next request. */
  discard(): void {
    this.#unwanted = true;
    this.#sink = undefined;
    this.release();
    this.#body.resume();
  }

  #attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    if (this.#awaited) this.#stream.informational(100, []);
    this.#awaited = false;
    const isChunked = this.#stream.head.headers['transfer-encoding'] !== undefined;
    const onData = isChunked ? (chunk: Buffer) => this.#gather(chunk) : (chunk: Buffer) => this.#take(chunk);
    const onEnd = () => {
      this.settle();
      this.#ended = true;
      this.#sink?.finish(this.#trailers());
    };
    this.#body.on(
      'data',
      guarded('client body', onData, (error) => this.crash('client body', error)),
    );
    this.#body.on(
      'end',
      guarded('client body end', onEnd, (error) => this.crash('client body end', error)),
    );
  }

  /** Write coalescing: the chunks of one read go on as one piece, in the next tick. A body with a length comes in one piece. */
  #gather(chunk: Buffer): void {
    if (this.#gathered.push(chunk) === 1) process.nextTick(onGathered, this);
  }

  /** Takes what was gathered. */
  settle(): void {
    const [first, ...others] = this.#gathered;
    if (first === undefined) return;
    const piece = others.length === 0 ? first : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#take(piece);
  }

  /** Something threw while a piece was taken or passed on. */
  crash(entry: Entry, error: unknown): void {
    this.#watcher.crash(entry, error);
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#unwanted) return;
    this.#watcher.received(this.#bytes);
    if (this.#unwanted) return;
    this.#pass(chunk);
  }

  #pass(chunk: Buffer): void {
    const sink = this.#sink;
    if (this.#kept !== undefined) {
      // Without a sink all of it is held; what was passed on is kept for a replay only while it is small.
      if (sink === undefined || (this.#bytes <= this.#replayMaxBytes && this.#mayKeep(chunk.length))) {
        keep(this.#kept, chunk);
        this.#keptBytes += chunk.length;
        this.#count();
      } else this.release();
    }
    if (sink === undefined ? this.#bytes >= this.#replayMaxBytes : !sink.write(chunk)) this.#body.pause();
  }

  #mayKeep(bytes: number): boolean {
    return this.#budget?.mayKeep(bytes) ?? true;
  }

  #trailers(): readonly string[] {
    const kept = trailers(this.#body.rawTrailers);
    if (this.#withheld !== undefined) takeOut(kept, this.#withheld);
    return kept;
  }
}

const onLongReplay = guarded(
  'client body',
  (body: RequestBody, sink: BodySink) => body.settled(sink),
  (error, body) => body.crash('client body', error),
);

const onGathered = guarded(
  'client body',
  (body: RequestBody) => body.settle(),
  (error, body) => body.crash('client body', error),
);
