import { LeaderElection } from '#platform/leader/leader-election.ts';
import type { LeaseStore } from '#platform/leader/lease-store.ts';
import type { Log } from '#platform/process/log.ts';

export interface ScheduleTurnsOptions {
  lease: LeaseStore;
  /** No two processes that run have the same. */
  identity: string;
  log: Log;
  /** Called when it is this process's turn; `over` aborts when it is so no longer, before `end` is called. Never rejects. */
  begin: (over: AbortSignal) => Promise<void>;
  /** Called when it is so no longer; begin may come again after it. */
  end: () => Promise<void>;
}

/**
 * Where several dispatchers share a database, one of them works schedules, by a Lease. Two of them may for a moment, such as one that
 * could not renew it in time. That stores no run twice while the store knows its id, which is as long as the run is open and its result
 * is kept: where `result.seconds` is less than such a write comes late, a run that has ended by then is stored once more.
 */
export class ScheduleTurns implements AsyncDisposable {
  readonly #options: ScheduleTurnsOptions;
  readonly #ended = new AbortController();
  readonly #work: Promise<void>;

  constructor(options: ScheduleTurnsOptions) {
    this.#options = options;
    this.#work = this.#stand();
  }

  /** Gives the turn back, so that the next one need not wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#work;
  }

  /** Never rejects. */
  async #stand(): Promise<void> {
    const { lease, identity, log, begin, end } = this.#options;
    while (!this.#ended.signal.aborted) {
      const lost = Promise.withResolvers<void>();
      const isOver = Promise.race([lost.promise, aborted(this.#ended.signal)]);
      const onLost = (error: Error) => {
        log.warn({ err: error }, 'another dispatcher works schedules from now on');
        lost.resolve();
      };
      const election = new LeaderElection({ store: lease, identity, log, onLost });
      await Promise.race([election.elected, isOver]);
      if (election.leading) {
        const over = new AbortController();
        void begin(over.signal);
        await isOver;
        over.abort();
        await end();
      }
      await election[Symbol.asyncDispose]();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
