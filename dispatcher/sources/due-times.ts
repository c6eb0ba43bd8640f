/** Places that may be taken by old times, beside as many as there are keys. */
const SPARE = 64;

/** Keys by when they are due, the next one at hand: a binary heap. What it holds of a key that was given another time since is passed over. */
export class DueTimes {
  readonly #times = new Map<string, number>();
  #heap: { key: string; atMs: number }[] = [];

  set(key: string, atMs: number): void {
    if (this.#times.get(key) === atMs) return;
    this.#times.set(key, atMs);
    if (this.#heap.length > 2 * this.#times.size + SPARE) this.#rebuild();
    else this.#push({ key, atMs });
  }

  remove(key: string): void {
    this.#times.delete(key);
  }

  /** Of the next; undefined: there is none. */
  get nextMs(): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#times.get(first.key) === first.atMs) return first.atMs;
      this.#pop();
    }
    return undefined;
  }

  /** Takes out those that are due, the earliest first. */
  take(nowMs: number, most: number): string[] {
    const due: string[] = [];
    for (let atMs = this.nextMs; atMs !== undefined && atMs <= nowMs && due.length < most; atMs = this.nextMs) {
      const { key } = this.#pop() as { key: string };
      this.#times.delete(key);
      due.push(key);
    }
    return due;
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [key, atMs] of this.#times) this.#push({ key, atMs });
  }

  #push(item: { key: string; atMs: number }): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as typeof item;
      if (parent.atMs <= item.atMs) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  #pop(): { key: string; atMs: number } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as typeof last).atMs < (heap[below] as typeof last).atMs)
        below += 1;
      const child = heap[below] as typeof last;
      if (child.atMs >= last.atMs) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
