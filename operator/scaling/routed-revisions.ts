import type { Scrape } from './demand.ts';

/** Which revisions the gateways send requests to, as of the last look at them. */
export class RoutedRevisions {
  readonly #onRouted: (key: string) => void;
  /** By the function's key: the revision that something waits for. */
  readonly #awaited = new Map<string, string>();
  #last: Scrape = { activators: new Map() };

  /** @param onRouted called with a function's key once all gateways send requests to the revision that `isRouted` was false for. */
  constructor(onRouted: (key: string) => void) {
    this.#onRouted = onRouted;
  }

  record(scrape: Scrape): void {
    this.#last = scrape;
    for (const [key, revision] of this.#awaited) {
      if (!this.#areAllAt(key, revision)) continue;
      this.#awaited.delete(key);
      this.#onRouted(key);
    }
  }

  /** False too while there is no gateway, or one that is listed does not answer; `onRouted` is called once it is true. */
  isRouted(key: string, revision: string): boolean {
    const routed = this.#areAllAt(key, revision);
    if (!routed) this.#awaited.set(key, revision);
    return routed;
  }

  forget(key: string): void {
    this.#awaited.delete(key);
  }

  #areAllAt(key: string, revision: string): boolean {
    const all = [...this.#last.activators.values()];
    return all.length > 0 && all.every((samples) => samples?.get(key)?.revision === revision);
  }
}
