import { MAX_BATCH } from './check-input.ts';
import { StoreError } from './store.ts';

/** Of a call: entries that it changes, at least 1, and the payloads and results that it brings. */
export interface Weight {
  entries: number;
  bytes: number;
  /** Of what people and clients ask to see. */
  isShown?: boolean;
}

/** What may wait at once: entries, so that no call waits long for those before it, and bytes. */
const MAX_WAITING = 4_000;
/** Of these, for what is only shown: who looks at much keeps no work from being accepted, leased or settled. */
const MAX_SHOWN = 3_000;
const MAX_WAITING_BYTES = 64 * 1_048_576;

export const ONE: Weight = { entries: 1, bytes: 0 };
/** Answers with payloads or results are long: some of them take the place of many entries. */
export const PAYLOAD: Weight = { entries: 250, bytes: 0, isShown: true };
export const PAYLOADS: Weight = { entries: 500, bytes: 0 };
export const RESULT: Weight = { entries: 50, bytes: 0, isShown: true };
/** Of a function that is gone, as many entries go at once. */
export const REMOVAL: Weight = { entries: MAX_BATCH, bytes: 0 };

export function weightOf(batch: readonly unknown[], bytes = 0): Weight {
  return { entries: Math.max(batch.length, 1), bytes };
}

/** Calls that were taken and are not answered yet: bounded, so that a slow store takes no memory without end. */
export class Waiting {
  readonly #forWhat: string;
  #calls = 0;
  #entries = 0;
  #bytes = 0;
  #shown = 0;

  constructor(forWhat: string) {
    this.#forWhat = forWhat;
  }

  /** Why no call of this weight can be taken now; undefined: it can. One alone may weigh more than all that may wait. */
  refusal({ entries, bytes, isShown = false }: Weight): StoreError | undefined {
    const fits = this.#entries + entries <= MAX_WAITING && this.#bytes + bytes <= MAX_WAITING_BYTES;
    const isMuch = isShown && this.#shown + entries > MAX_SHOWN;
    if (this.#calls === 0 || (fits && !isMuch)) return undefined;
    return new StoreError('Busy', `too much waits for ${this.#forWhat}: try again later`);
  }

  add({ entries, bytes, isShown = false }: Weight): void {
    if (isShown) this.#shown += entries;
    this.#calls += 1;
    this.#entries += entries;
    this.#bytes += bytes;
  }

  remove({ entries, bytes, isShown = false }: Weight): void {
    if (isShown) this.#shown -= entries;
    this.#calls -= 1;
    this.#entries -= entries;
    this.#bytes -= bytes;
  }
}
