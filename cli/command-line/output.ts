import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { printable, printableJson, printableStream } from './printable.ts';

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
  /** Results go to a terminal. */
  terminal: boolean;
}

/**
 * What a command prints: one form for people, one for programs. What comes from a cluster commands no terminal: names, messages and
 * answers are others' words.
 */
export class Output {
  readonly json: boolean;
  readonly colour: boolean;
  readonly #out: Writable;
  readonly #err: Writable;
  readonly #terminal: boolean;

  constructor({ out, err, json, colour, terminal }: OutputOptions) {
    this.#out = out;
    this.#err = err;
    this.#terminal = terminal;
    this.json = json;
    this.colour = colour;
  }

  /** The result: `value` as one JSON document with `--json`, else `text`. */
  result(value: unknown, text: () => string): void {
    this.line(this.json ? printableJson(JSON.stringify(value, null, 2)) : printable(text()));
  }

  /** The same of what another program takes up again: byte for byte, except on a terminal. */
  document(value: unknown, text: () => string): void {
    if (this.json || this.#terminal) this.result(value, text);
    else this.line(text());
  }

  /** One line of the result, which may have colours: what is not the command's own has to be printable already. */
  line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** Bytes of the result as they come, as fast as they are taken; on a terminal as printable text. */
  async stream(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await pipeline(Readable.from(this.#terminal ? printableStream(bytes) : bytes), this.#out, { end: false });
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
    this.#err.write(`${printable(text)}\n`);
  }
}
