export type Env = Record<string, string | undefined>;

interface Range {
  min: number;
  max: number;
  fallback: number;
  /** Whether a fraction is allowed. */
  fraction?: boolean;
}

/** Reads variables of an environment, each checked, and collects what is wrong with them. An empty one counts as absent. */
export class Variables {
  readonly #env: Readonly<Env>;
  readonly #mistakes: string[] = [];

  constructor(env: Readonly<Env>) {
    this.#env = env;
  }

  text(name: string): string | undefined {
    return this.#env[name] || undefined;
  }

  /** One of `words`; undefined: absent, or wrong. */
  word<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name);
    const word = words.find((known) => known === text);
    if (text !== undefined && word === undefined) {
      this.mistake(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
    }
    return word;
  }

  /** A decimal number in `range`; its fallback where it is absent, or wrong. */
  number(name: string, range: Range): number {
    const text = this.text(name);
    if (text === undefined) return range.fallback;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= range.min && value <= range.max && (range.fraction || Number.isInteger(value))) return value;
    const kind = range.fraction ? 'a number' : 'a whole number';
    this.mistake(`${name} must be ${kind} from ${range.min} to ${range.max}, not ${JSON.stringify(text)}`);
    return range.fallback;
  }

  mistake(text: string): void {
    this.#mistakes.push(text);
  }

  /** @throws Error that names every mistake, on one line. */
  refuseMistakes(): void {
    if (this.#mistakes.length > 0) throw new Error(`bad environment: ${this.#mistakes.join('; ')}`);
  }
}
