/** Where a replica is in its life. `leaving`: got a signal, serves what comes; `failed`: takes nothing more. */
export type Stage = 'loading' | 'ready' | 'leaving' | 'failed';

/** The replica's stage, which only goes forward, and the requests and probes that wait until the module is loaded. */
export class ReplicaStage {
  #stage: Stage = 'loading';
  readonly #waiting = new Set<() => void>();

  get current(): Stage {
    return this.#stage;
  }

  open(): void {
    if (this.#stage === 'loading') this.#become('ready');
  }

  leave(): void {
    if (this.#stage !== 'failed') this.#become('leaving');
  }

  fail(): void {
    this.#become('failed');
  }

  /** Resolves once the stage is no longer `loading`, at the latest after `maxMs`. */
  loaded(maxMs: number): Promise<void> {
    if (this.#stage !== 'loading') return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, maxMs);
      this.#waiting.add(done);
    });
  }

  #become(stage: Stage): void {
    this.#stage = stage;
    for (const done of this.#waiting) done();
  }
}
