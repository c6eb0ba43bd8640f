/** So many at the same time; the others wait, tenant by tenant in turn, and each tenant's in the order in which they came. */
export class Turns {
  #free: number;
  /** By tenant, those first whose turn comes first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(most: number) {
    this.#free = most;
  }

  /** It lasts until it is disposed. Rejects when `signal` aborts before there is one. */
  async take(tenant: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(tenant, signal);
    return { [Symbol.dispose]: () => this.#give() };
  }

  #wait(tenant: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const own = this.#waiting.get(tenant);
        own?.delete(go);
        if (own?.size === 0) this.#waiting.delete(tenant);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.set(tenant, (this.#waiting.get(tenant) ?? new Set()).add(go));
    });
  }

  #give(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    const [tenant, own] = first;
    const [next] = own;
    this.#waiting.delete(tenant);
    if (next !== undefined) own.delete(next);
    if (own.size > 0) this.#waiting.set(tenant, own);
    next?.();
  }
}
