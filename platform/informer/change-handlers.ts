import type { Log } from '../process/log.ts';
import type { Change } from './object-cache.ts';

type Handler<T> = (change: Change<T>) => void;

/** Who is told of the changes of one kind, synchronously and in order. One that throws is logged, and told of the next. */
export class ChangeHandlers<T> {
  readonly #kind: string;
  readonly #log: Log;
  readonly #handlers = new Set<Handler<T>>();

  /** @param kind what the log calls it. */
  constructor(kind: string, log: Log) {
    this.#kind = kind;
    this.#log = log;
  }

  /** Told first, before this returns, that all of `known` was added. Returns how to stop it. */
  add(handler: Handler<T>, known: Iterable<T>): () => void {
    for (const object of known) this.#tell(handler, { type: 'added', object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** A handler that a handler registers meanwhile is not told: it was given the state after all of `changes`. */
  tell(changes: readonly Change<T>[]): void {
    const handlers = [...this.#handlers];
    for (const change of changes) {
      for (const handler of handlers) if (this.#handlers.has(handler)) this.#tell(handler, change);
    }
  }

  #tell(handler: Handler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#log.error({ resource: this.#kind, err: error }, 'change handler failed');
    }
  }
}
