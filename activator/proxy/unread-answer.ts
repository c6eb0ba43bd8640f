import type { Entry } from '../errors/guarded-entries.ts';
import type { ClientStream } from '../inbound/client-stream.ts';

/** High-water mark: beyond so much that waits for the client, its replica is not read from. */
const MOST_BYTES = 262_144;
/** The same as a number of pieces; a small one costs some hundred bytes beyond its own. */
const MOST_PIECES = 256;
const PIECE_BYTES = 512;

/** The share of the process' memory that unread answers are counted in. */
export interface AnswerBudget {
  readonly scarce: boolean;
  /** @param bytes negative: they are let go. */
  kept(bytes: number): void;
}

export interface AnswerReader {
  /** The client has taken all that was written. */
  readOn(): void;
  crash(entry: Entry, error: unknown): void;
}

/** Back-pressure of an answer: counts what the client has not taken yet, once it is slower than its replica. */
export class UnreadAnswer {
  readonly #budget: AnswerBudget | undefined;
  #bytes = 0;
  #pieces = 0;

  constructor(stream: ClientStream, reader: AnswerReader, budget: AnswerBudget | undefined) {
    this.#budget = budget;
    const onDrain = () => {
      this.forget();
      reader.readOn();
    };
    stream.onDrain(onDrain, (error) => reader.crash('client reads on', error));
  }

  /**
   * The stream takes no more without keeping it. False: no more until `readOn`. Where memory is scarce that is at once,
   * and the replica is read in small pieces from then on.
   */
  mayGrow(stream: ClientStream, from: { sip(): void } | undefined): boolean {
    this.#pieces += 1;
    this.#note(stream.unsentBytes + this.#pieces * PIECE_BYTES);
    if (!this.#budget?.scarce) return this.#bytes < MOST_BYTES && this.#pieces < MOST_PIECES;
    from?.sip();
    return false;
  }

  /** The connection is closed, or the answer is out. */
  forget(): void {
    this.#pieces = 0;
    this.#note(0);
  }

  #note(bytes: number): void {
    if (bytes === this.#bytes) return;
    this.#budget?.kept(bytes - this.#bytes);
    this.#bytes = bytes;
  }
}
