/**
 * Semaphore for starts that only try a new revision, in the cluster and in each namespace: a thousand new functions start
 * no thousand pods at once.
 */
export class TrialSlots {
  readonly #most: number;
  readonly #mostInNamespace: number;
  readonly #heldMs: number;
  readonly #onFree: (key: string) => void;
  /** When each slot was taken, by the function's key. */
  readonly #taken = new Map<string, number>();
  /** Those that wait, the oldest first. */
  readonly #waiting = new Set<string>();

  /**
   * @param options.heldMs after which a slot is over in any case: one whose pod hangs must not hold up the rest.
   * @param options.onFree called with a function that waited and has its slot now.
   */
  constructor(options: { most: number; mostInNamespace: number; heldMs: number; onFree: (key: string) => void }) {
    this.#most = options.most;
    this.#mostInNamespace = options.mostInNamespace;
    this.#heldMs = options.heldMs;
    this.#onFree = options.onFree;
  }

  /** Whether the function may start now; otherwise `onFree` is called with it. */
  take(key: string, nowMs: number): boolean {
    for (const [other, sinceMs] of this.#taken) if (nowMs - sinceMs >= this.#heldMs) this.#taken.delete(other);
    if (!this.#taken.has(key) && !this.#hasRoom(key)) {
      this.#waiting.add(key);
      return false;
    }
    this.#waiting.delete(key);
    this.#taken.set(key, nowMs);
    return true;
  }

  /** The function needs its slot no more, or is gone: the one that has waited longest gets it. */
  release(key: string, nowMs: number): void {
    this.#waiting.delete(key);
    if (!this.#taken.delete(key)) return;
    for (const next of this.#waiting) {
      if (!this.#hasRoom(next)) continue;
      this.#waiting.delete(next);
      this.#taken.set(next, nowMs);
      this.#onFree(next);
      return;
    }
  }

  #hasRoom(key: string): boolean {
    if (this.#taken.size >= this.#most) return false;
    const namespace = namespaceOf(key);
    const inNamespace = [...this.#taken.keys()].filter((other) => namespaceOf(other) === namespace).length;
    return inNamespace < this.#mostInNamespace;
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
