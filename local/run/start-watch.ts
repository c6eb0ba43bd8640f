import { readFileSync } from 'node:fs';

/** A program that ended so often without a steady run in between is not going to start. */
const HOPELESS_EXITS = 5;

/** Tells the user of programs that end by themselves, and when it makes no sense to wait for them any more. */
export class StartWatch {
  readonly #say: (line: string) => void;
  readonly #exits = new Map<string, number>();
  readonly #hopeless = new AbortController();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Aborts, with an error for the user as its reason, when a program keeps ending. */
  get hopeless(): AbortSignal {
    return this.#hopeless.signal;
  }

  ended(name: string, logFile: string): void {
    const exits = (this.#exits.get(name) ?? 0) + 1;
    this.#exits.set(name, exits);
    if (exits < HOPELESS_EXITS) {
      this.#say(`${name} ended unexpectedly and is started again; its log: ${logFile}`);
    } else if (exits === HOPELESS_EXITS) {
      this.#hopeless.abort(new Error(`${name} does not start. The end of its log:\n${tail(logFile)}`));
    }
  }
}

/** The last lines of a file, some 2,000 characters. */
function tail(path: string): string {
  return readFileSync(path, 'utf8').slice(-2_000);
}
