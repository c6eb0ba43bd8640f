import type { Duplex } from 'node:stream';
import { type Entry, guarded } from '../errors/guarded-entries.ts';
import { WebSocketFrames } from './websocket-frames.ts';

/** High-water mark, in pieces that wait for the sink; a small one costs some hundred bytes beyond its own. */
const MOST_PIECES = 256;
const PIECE_BYTES = 512;
/** A paused source has one read of this size buffered, or will have. */
const READ_BYTES = 65_536;

/** The share of the process' memory that bytes on their way are counted in. */
export interface TunnelBudget {
  /** Memory is short: as little as possible is to be kept. */
  readonly scarce: boolean;
  mayKeep(bytes: number): boolean;
  /** @param bytes negative: they are let go. */
  kept(bytes: number): void;
}

export interface DirectionWatcher {
  readonly budget: TunnelBudget | undefined;
  /** Bytes came. */
  moved(): void;
}

/** One direction of a tunnel, with back-pressure: the source is paused while the sink is behind. */
export class Direction {
  readonly #source: Duplex;
  readonly #sink: Duplex;
  readonly #frames: WebSocketFrames | undefined;
  readonly #watcher: DirectionWatcher;
  readonly #onWritten: () => void;
  /** Written to the sink since it last had taken all. */
  #pieces = 0;
  /** What the budget counts. */
  #counted = 0;
  /** The close frame that goes out at the next frame boundary; nothing follows it. */
  #last: Buffer | undefined;
  /** Nothing more is passed on. */
  #over = false;

  constructor(
    source: Duplex,
    sink: Duplex,
    { isWebSocket, watcher }: { isWebSocket: boolean; watcher: DirectionWatcher },
  ) {
    this.#source = source;
    this.#sink = sink;
    this.#watcher = watcher;
    this.#frames = isWebSocket ? new WebSocketFrames() : undefined;
    const both = [source, sink] as const;
    this.#onWritten = tunnelEntry('tunnel drain', both, () => this.#goOn());
    source.on(
      'data',
      tunnelEntry('tunnel bytes', both, (chunk: Buffer) => this.#take(chunk)),
    );
    source.once(
      'end',
      tunnelEntry('tunnel end', both, () => this.#end()),
    );
  }

  /** Passes on the rest of the present frame, then `last`, then nothing; undefined: ends the direction at once. */
  finish(last: Buffer | undefined): void {
    // Else the closing handshake could not be read behind what is held back.
    this.#source.resume();
    if (this.#over) return;
    if (last === undefined) this.#end();
    else if (this.#frames?.closed) this.#over = true;
    else {
      this.#last = last;
      this.#writeLast();
    }
  }

  #take(chunk: Buffer): void {
    this.#watcher.moved();
    const end = this.#over ? 0 : this.#endOfPart(chunk);
    if (end > 0) this.#pass(end === chunk.length ? chunk : chunk.subarray(0, end));
    this.#writeLast();
    if (this.#over) this.#skip(chunk, end);
  }

  #pass(part: Buffer): void {
    const sink = this.#sink;
    const goesOn = sink.write(part, this.#onWritten);
    if (sink.writableLength === 0 || sink.destroyed) return;
    this.#pieces += 1;
    const isEnough = !goesOn || this.#pieces >= MOST_PIECES || this.#watcher.budget?.scarce === true;
    if (isEnough && this.#last === undefined) this.#source.pause();
    this.#keep(sink.writableLength + this.#pieces * PIECE_BYTES + (this.#source.isPaused() ? READ_BYTES : 0));
  }

  /** The sink has taken a piece. */
  #goOn(): void {
    if (this.#sink.writableLength > 0 || this.#pieces === 0) return;
    this.forget();
    this.#source.resume();
  }

  /** Nothing is kept any more. */
  forget(): void {
    this.#pieces = 0;
    this.#note(0);
  }

  /** Load shedding: a tunnel whose sink takes nothing is ended where there is no memory for more. */
  #keep(bytes: number): void {
    const { budget } = this.#watcher;
    if (bytes <= this.#counted || budget === undefined || budget.mayKeep(bytes - this.#counted)) {
      this.#note(bytes);
      return;
    }
    this.#source.destroy();
    this.#sink.destroy();
  }

  #note(bytes: number): void {
    if (bytes !== this.#counted) this.#watcher.budget?.kept(bytes - this.#counted);
    this.#counted = bytes;
  }

  /** How much of it is to be passed on: all, or up to the frame boundary at which the close frame goes out. */
  #endOfPart(chunk: Buffer): number {
    if (this.#frames === undefined) return chunk.length;
    let at = 0;
    do at = this.#frames.take(chunk, at);
    while (at < chunk.length && !(this.#last !== undefined && this.#frames.between));
    return at;
  }

  #writeLast(): void {
    if (this.#over || this.#last === undefined || !this.#frames?.between) return;
    this.#over = true;
    // A close frame that has just passed is the last one of this direction.
    if (!this.#frames.closed) this.#sink.write(this.#last);
  }

  /** What is not passed on is parsed all the same: a close frame in it completes the closing handshake. */
  #skip(chunk: Buffer, from: number): void {
    if (this.#frames === undefined) return;
    for (let at = from; at < chunk.length; ) at = this.#frames.take(chunk, at);
    if (this.#frames.closed) this.#source.end();
  }

  #end(): void {
    this.#over = true;
    this.#sink.end();
  }
}

/** A callback of a tunnel; what it throws ends both sides. */
export function tunnelEntry<Args extends unknown[]>(
  entry: Entry,
  both: readonly [Duplex, Duplex],
  run: (...args: Args) => void,
) {
  return guarded<unknown, Args>(entry, run, () => {
    for (const socket of both) socket.destroy();
  });
}
