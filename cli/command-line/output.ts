import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';

/** Longest answer that goes into a JSON document, in bytes. */
const MOST_COLLECTED = 16 * 1024 * 1024;

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

  /** Bytes of the result as they come, as fast as they are taken. */
  async stream(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await pipeline(Readable.from(bytes), this.#out, { end: false });
  }

  /** The same as one text, for a JSON document. Throws a CommandError past 16 MiB. */
  async collected(bytes: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of bytes) {
      length += chunk.length;
      if (length > MOST_COLLECTED)
        throw new CommandError('the answer is more than 16 MiB: leave out --json', EXIT.failed);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Something on the way to the result. */
  note(text: string): void {
    this.#err.write(`${text}\n`);
  }
}
