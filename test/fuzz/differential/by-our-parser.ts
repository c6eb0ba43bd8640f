import { MalformedMessage } from '../../../activator/upstream/http1/header-lines.ts';
import { type AnswerSink, ResponseParser } from '../../../activator/upstream/http1/response-parser.ts';
import type { GeneratedResponse } from '../generate/responses.ts';
import type { Informed, Outcome } from './outcome.ts';

/** Writes down what the parser says. */
class Notes implements AnswerSink {
  readonly informed: Informed[] = [];
  readonly #pieces: string[] = [];
  #head: { status: number; reason: string; headers: string[] } | undefined;
  #outcome: Outcome | undefined;
  /** What is being fed. */
  fed: Buffer = Buffer.alloc(0);

  /** Undefined: there is no end yet. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  informational(status: number, headers: string[]): void {
    this.informed.push({ status, headers });
  }
  head(status: number, reason: string, headers: string[]): void {
    this.#head = { status, reason, headers };
  }
  whole(status: number, reason: string, headers: string[], body: string): void {
    this.head(status, reason, headers);
    this.#pieces.push(body);
    this.end([]);
  }
  data(from: number, to: number): void {
    this.#pieces.push(this.fed.toString('latin1', from, to));
  }
  end(trailers: string[]): void {
    if (this.#head === undefined || this.#outcome !== undefined) throw new Error('an end without a beginning');
    this.#outcome = { kind: 'answered', informed: this.informed, ...this.#head, body: this.#pieces.join(''), trailers };
  }
  switched(headers: string[]): void {
    this.#outcome = { kind: 'switched', informed: this.informed, headers };
  }
}

/** The gateway's parser, fed with `pieces` one after the other, which joined are the answer's bytes. */
export function readByOurParser({ method, upgrade }: GeneratedResponse, pieces: readonly string[]): Outcome {
  const notes = new Notes();
  const parser = new ResponseParser(notes);
  parser.start(method, upgrade);
  try {
    for (const piece of pieces) {
      notes.fed = Buffer.from(piece, 'latin1');
      parser.feed(notes.fed, notes.fed.length);
      if (notes.outcome !== undefined) break;
    }
    if (notes.outcome === undefined) parser.close();
  } catch (error) {
    if (error instanceof MalformedMessage) return { kind: 'refused', code: error.code };
    throw error;
  }
  return notes.outcome ?? { kind: 'refused', code: 'INCOMPLETE' };
}

/** A longer answer is not read byte by byte: its head would be put together anew at each. */
const BYTEWISE_MAX_BYTES = 2_000;

/** In one piece, byte by byte, and in two with each of the places `at` between them. */
export function cutsOf(text: string, at: readonly number[]): string[][] {
  const bytewise = text.length <= BYTEWISE_MAX_BYTES ? [[...text]] : [];
  return [[text], ...bytewise, ...at.map((place) => [text.slice(0, place), text.slice(place)])];
}
