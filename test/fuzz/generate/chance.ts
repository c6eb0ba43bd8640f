import { seeded } from '#platform/testing/seeded.ts';

/** The choices of one generated case: the same in each run for the same seed and index. */
export class Chance {
  readonly #next: () => number;

  /** @param seed of the run. @param index of the case in it. Both integers. */
  constructor(seed: number, index: number) {
    // Cases that stand beside each other get states far apart.
    const state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
    this.#next = seeded(state);
  }

  /** True in `share` of the cases, 0 to 1. */
  yes(share: number): boolean {
    return this.#next() < share;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1));
  }

  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** What one of the makers makes; only the chosen one is called. */
  oneOf<T>(...makers: readonly (() => T)[]): T {
    return this.of(makers)();
  }

  /** `low` to `high` values of `make`, which is given their number from 0. */
  some<T>(low: number, high: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.int(low, high) }, (_, index) => make(index));
  }

  /** `text` cut at up to `most` places. The pieces joined are the text; none is empty, but for an empty text. */
  pieces(text: string, most: number): string[] {
    const places = this.some(0, most, () => this.int(1, Math.max(1, text.length - 1)));
    const cuts = [...new Set([0, ...places, text.length])].filter((cut) => cut <= text.length).sort((a, b) => a - b);
    return cuts.length < 2 ? [text] : cuts.slice(1).map((cut, index) => text.slice(cuts[index], cut));
  }
}
