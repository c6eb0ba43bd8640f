/** A head in 1xx that came before the real one. */
export interface Informed {
  status: number;
  /** Name, value, … */
  headers: string[];
}

/** What a reader makes of the bytes of one connection that ends after them. */
export type Outcome =
  | {
      kind: 'answered';
      informed: Informed[];
      status: number;
      reason: string;
      headers: string[];
      /** latin1 */
      body: string;
      trailers: string[];
    }
  | { kind: 'switched'; informed: Informed[]; headers: string[] }
  /** `code` says why; `INCOMPLETE`: the bytes end before the answer does. */
  | { kind: 'refused'; code: string };
