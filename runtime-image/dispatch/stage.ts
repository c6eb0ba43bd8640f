/** Where a replica is in its life. `leaving`: told to go, serves what comes; `failed`: takes nothing more. */
export type Stage = 'loading' | 'ready' | 'leaving' | 'failed';

/** The replica's stage, and those who wait for it to be ready. Stages only go forward. */
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
