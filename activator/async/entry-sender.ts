import type { EntryOutcome } from '#api/invocations.ts';
import { type BackoffPolicy, backoffMs } from '#platform/time/backoff.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { Dispatcher } from './dispatcher.ts';
import { outcomesIn, unavailable } from './entry-outcomes.ts';
import { FairLine } from './fair-line.ts';

/** Something for the dispatcher to keep. */
export interface Entry {
  /** Of its function. */
  readonly uid: string;
  /** Of all parts together. */
  readonly bytes: number;
  /** One frame. */
  readonly parts: readonly Uint8Array[];
  /** Called once, unless it was removed before. */
  settled(outcome: EntryOutcome | GatewayError): void;
  /** `settled` has thrown. */
  crash(error: unknown): void;
}

export interface EntrySenderParts {
  dispatcher: Pick<Dispatcher, 'keep'>;
  clock: Clock;
  /** 0 ≤ it < 1 */
  random: () => number;
}

/** Batches on their way at once: while one is written to disk the next one travels. */
const SLOTS = 3;
const MOST_ENTRIES = 256;
const MOST_BYTES = 4 * 1024 * 1024;
const BACKOFF: BackoffPolicy = { baseMs: 100, maxMs: 1_000 };

/**
 * Takes entries to the dispatcher. Group commit: one goes at once where a slot is free, else with all that came meanwhile, so
 * that batches grow with the load and nothing waits for a timer. Half-open: where the dispatcher did not answer, one batch
 * tries again after a while, and the others wait for it.
 */
export class EntrySender {
  readonly #parts: EntrySenderParts;
  readonly #line = new FairLine<Entry>();
  #onTheirWay = 0;
  /** One after the other, without an answer between them. */
  #failures = 0;
  #pauses = false;

  constructor(parts: EntrySenderParts) {
    this.#parts = parts;
  }

  /** Entries that no batch has taken. */
  get waiting(): number {
    return this.#line.size;
  }

  add(entry: Entry): void {
    this.#line.add(entry);
    this.#send();
  }

  /** False: it is on its way already, or settled. */
  remove(entry: Entry): boolean {
    return this.#line.remove(entry);
  }

  #send(): void {
    const slots = this.#failures === 0 ? SLOTS : 1;
    while (this.#line.size > 0 && this.#onTheirWay < slots && !this.#pauses) {
      this.#onTheirWay += 1;
      void this.#keep(this.#line.take(MOST_ENTRIES, MOST_BYTES));
    }
  }

  async #keep(batch: readonly Entry[]): Promise<void> {
    let outcomes: readonly (EntryOutcome | GatewayError)[];
    try {
      const answer = await this.#parts.dispatcher.keep(batch.flatMap(({ parts }) => parts));
      outcomes = answer.bytes === undefined ? failed(batch, answer.refused) : outcomesIn(answer.bytes, batch.length);
      this.#failures = 0;
    } catch (error) {
      outcomes = failed(batch, error instanceof Error ? error.message : String(error));
      this.#pause();
    }
    this.#onTheirWay -= 1;
    // Before the answers are written: the next batch should be on its way meanwhile.
    this.#send();
    for (const [i, entry] of batch.entries()) settle(entry, outcomes[i] ?? unavailable('it has no outcome'));
  }

  /** Batches that fail within one pause are one failure. */
  #pause(): void {
    if (this.#pauses) return;
    this.#failures += 1;
    this.#pauses = true;
    const { clock, random } = this.#parts;
    clock.after(backoffMs(this.#failures, BACKOFF, random()), () => {
      this.#pauses = false;
      this.#send();
    });
  }
}

function failed(batch: readonly Entry[], why: string): GatewayError[] {
  return new Array(batch.length).fill(unavailable(why));
}

const settle = guarded(
  'entry settled',
  (entry: Entry, outcome: EntryOutcome | GatewayError) => entry.settled(outcome),
  (error, entry) => entry.crash(error),
);
