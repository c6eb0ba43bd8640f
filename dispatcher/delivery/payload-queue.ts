/** Of an entry that was leased, and whose payload is to be read. */
export interface Unread {
  id: string;
  uid: string;
  /** Of its payload. */
  bytes: number;
}

/** What one read asks the store for at most; a larger one is read alone. */
const MOST_READ = 100;
const MOST_READ_BYTES = 4 * 1_048_576;

/**
 * Leased entries whose payloads are to be read, function by function in turn, within a budget of bytes that are in memory until they
 * are sent. A function may hold at most as many bytes as are still free, so that one with large bodies does not take the
 * place of all.
 */
export class PayloadQueue<T extends Unread> {
  readonly #budget: number;
  /** By uid. In a Map that one is moved to the end of after its turn. */
  readonly #waiting = new Map<string, T[]>();
  readonly #heldBytes = new Map<string, number>();
  #held = 0;

  /** @param budget in bytes; one payload alone may be larger */
  constructor(budget: number) {
    this.#budget = budget;
  }

  add(entry: T): void {
    const queue = this.#waiting.get(entry.uid);
    if (queue === undefined) this.#waiting.set(entry.uid, [entry]);
    else queue.push(entry);
  }

  /** What is to be read now, and counts as held from now on: empty where nothing waits, or where there is no room for it. */
  take(): T[] {
    const taken: T[] = [];
    let bytes = 0;
    let passed = 0;
    while (taken.length < MOST_READ && passed < this.#waiting.size) {
      const [uid, queue] = this.#waiting.entries().next().value as [string, T[]];
      this.#waiting.delete(uid);
      const next = queue[0] as T;
      const fits = this.#hasRoom(next) && (taken.length === 0 || bytes + next.bytes <= MOST_READ_BYTES);
      if (fits) {
        queue.shift();
        taken.push(next);
        bytes += next.bytes;
        this.#hold(next, next.bytes);
      }
      passed = fits ? 0 : passed + 1;
      if (queue.length > 0) this.#waiting.set(uid, queue);
    }
    return taken;
  }

  /** Its payload is in memory no longer. */
  release(entry: T): void {
    this.#hold(entry, -entry.bytes);
  }

  /** Takes all out that wait. */
  clear(): T[] {
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    return all;
  }

  #hasRoom({ uid, bytes }: T): boolean {
    const free = this.#budget - this.#held;
    const own = this.#heldBytes.get(uid) ?? 0;
    return this.#held === 0 || (bytes <= free && (own === 0 || own + bytes <= free));
  }

  #hold({ uid }: T, bytes: number): void {
    const own = (this.#heldBytes.get(uid) ?? 0) + bytes;
    this.#held += bytes;
    if (own > 0) this.#heldBytes.set(uid, own);
    else this.#heldBytes.delete(uid);
  }
}
