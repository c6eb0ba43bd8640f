import type { Writable } from 'node:stream';

/** Where a command writes: results to `out`, all else (progress, warnings, errors) to `err`. */
export interface OutputOptions {
  out: Writable;
  err: Writable;
  /** Results are JSON, for programs. */
  json: boolean;
  /** Colours: on a terminal without NO_COLOR alone. */
  colour: boolean;
}

/** What a command prints: one form for people, one for programs. */
export class Output {
  readonly json: boolean;
  readonly colour: boolean;
  readonly #out: Writable;
  readonly #err: Writable;

  constructor({ out, err, json, colour }: OutputOptions) {
    this.#out = out;
    this.#err = err;
    this.json = json;
    this.colour = colour;
  }

  /** The result: `value` as one JSON document with `--json`, else `text`. */
  result(value: unknown, text: () => string): void {
    this.line(this.json ? JSON.stringify(value, null, 2) : text());
  }

  /** One line of the result. */
  line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** Something on the way to the result. */
  note(text: string): void {
    this.#err.write(`${text}\n`);
  }
}
