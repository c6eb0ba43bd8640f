import { LinkedQueue, type QueueEntry } from '../queue/linked-queue.ts';

/**
 * Fair queuing: what waits, by function; each has its turn, so that much of one function holds up none of another. In order of
 * arrival within a function. Adding, removing and taking one cost the same however many wait.
 */
export class FairLine<T extends { readonly uid: string; readonly bytes: number }> {
  /** By uid, those first whose turn comes first. */
  readonly #waiting = new Map<string, LinkedQueue<T>>();
  readonly #places = new Map<T, QueueEntry<T>>();

  get size(): number {
    return this.#places.size;
  }

  add(one: T): void {
    let own = this.#waiting.get(one.uid);
    if (own === undefined) {
      own = new LinkedQueue();
      this.#waiting.set(one.uid, own);
    }
    this.#places.set(one, own.append(one));
  }

  /** False: it does not wait here. */
  remove(one: T): boolean {
    const place = this.#places.get(one);
    const own = place?.queue;
    if (place === undefined || own === undefined) return false;
    own.remove(place);
    this.#places.delete(one);
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
    return this.#waiting.values().next().value?.first?.value;
  }

  #giveUpTurn(one: T): void {
    const own = this.#waiting.get(one.uid);
    this.remove(one);
    if (own === undefined || own.size === 0) return;
    this.#waiting.delete(one.uid);
    this.#waiting.set(one.uid, own);
  }
}
