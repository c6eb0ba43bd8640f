/**
 * Fair queuing: what waits, by function; each has its turn, so that much of one function holds up none of another. In order of
 * arrival within a function. Adding, removing and taking one cost the same however many wait.
 */
export class FairLine<T extends { readonly uid: string; readonly bytes: number }> {
  /** By uid, those first whose turn comes first. */
  readonly #waiting = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(one: T): void {
    let own = this.#waiting.get(one.uid);
    if (own === undefined) {
      own = new Set();
      this.#waiting.set(one.uid, own);
    }
    own.add(one);
    this.#size += 1;
  }

  /** False: it does not wait here. */
  remove(one: T): boolean {
    const own = this.#waiting.get(one.uid);
    if (own?.delete(one) !== true) return false;
    this.#size -= 1;
    if (own.size === 0) this.#waiting.delete(one.uid);
    return true;
  }

  /** Takes out at most so many, and so many bytes of them; one that is larger comes alone. Empty: none waits. */
  take(most: number, mostBytes: number): T[] {
    const taken: T[] = [];
    let bytes = 0;
    while (taken.length < most) {
      const one = this.#first();
      if (one === undefined || (taken.length > 0 && bytes + one.bytes > mostBytes)) break;
      this.#giveUpTurn(one);
      taken.push(one);
      bytes += one.bytes;
    }
    return taken;
  }

  #first(): T | undefined {
    return this.#waiting.values().next().value?.values().next().value;
  }

  #giveUpTurn(one: T): void {
    const own = this.#waiting.get(one.uid);
    this.remove(one);
    if (own === undefined || own.size === 0) return;
    this.#waiting.delete(one.uid);
    this.#waiting.set(one.uid, own);
  }
}
