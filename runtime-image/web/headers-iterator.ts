import { makeEnumerable } from './enumerable.ts';

type Pair = readonly [string, string];

/** Iterates by place over a list that may be another one at each step, as Web IDL has it of Headers. */
export class HeadersIterator<T> extends Iterator<T, undefined> {
  readonly #list: () => readonly Pair[];
  readonly #part: (pair: Pair) => T;
  #place = 0;

  constructor(list: () => readonly Pair[], part: (pair: Pair) => T) {
    super();
    this.#list = list;
    this.#part = part;
  }

  next(): IteratorResult<T, undefined> {
    const pair = this.#list()[this.#place];
    if (pair === undefined) return { done: true, value: undefined };
    this.#place += 1;
    return { done: false, value: this.#part(pair) };
  }

  override get [Symbol.toStringTag](): string {
    return 'Headers Iterator';
  }
}

makeEnumerable(HeadersIterator.prototype);
