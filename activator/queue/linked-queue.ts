/** A node of a LinkedQueue; removing it takes constant time wherever it is. */
export class QueueEntry<T> {
  readonly value: T;
  /** What it adds to the queue's weight. */
  readonly weight: number;
  ahead: QueueEntry<T> | undefined;
  behind: QueueEntry<T> | undefined;
  /** Undefined once it has left. */
  queue: LinkedQueue<T> | undefined;

  constructor(value: T, weight: number) {
    this.value = value;
    this.weight = weight;
  }

  /** Whether it still is in a queue. */
  get taken(): boolean {
    return this.queue !== undefined;
  }
}

/** Doubly linked list: first in, first out, with removal from the middle in constant time. */
export class LinkedQueue<T> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;
  #weight = 0;

  get size(): number {
    return this.#size;
  }

  /** Of all that wait together. */
  get weight(): number {
    return this.#weight;
  }

  get first(): QueueEntry<T> | undefined {
    return this.#first;
  }

  append(value: T, weight = 0): QueueEntry<T> {
    return this.#insert(new QueueEntry(value, weight), this.#last, undefined);
  }

  /** Inserts before the first value that `isLater`, searching from the front. */
  putBack(value: T, weight: number, isLater: (other: T) => boolean): QueueEntry<T> {
    let behind = this.#first;
    while (behind !== undefined && !isLater(behind.value)) behind = behind.behind;
    return this.#insert(new QueueEntry(value, weight), behind === undefined ? this.#last : behind.ahead, behind);
  }

  /** Moves an entry here from the queue that it is in, behind those that are not later; its holder can still remove it. */
  take(entry: QueueEntry<T>, isLater: (other: T) => boolean): void {
    entry.queue?.remove(entry);
    let ahead = this.#last;
    while (ahead !== undefined && isLater(ahead.value)) ahead = ahead.ahead;
    this.#insert(entry, ahead, ahead === undefined ? this.#first : ahead.behind);
  }

  /** False when it is not in this queue, or not any more. */
  remove(entry: QueueEntry<T>): boolean {
    if (entry.queue !== this) return false;
    if (entry.ahead === undefined) this.#first = entry.behind;
    else entry.ahead.behind = entry.behind;
    if (entry.behind === undefined) this.#last = entry.ahead;
    else entry.behind.ahead = entry.ahead;
    entry.ahead = undefined;
    entry.behind = undefined;
    entry.queue = undefined;
    this.#size -= 1;
    this.#weight -= entry.weight;
    return true;
  }

  #insert(entry: QueueEntry<T>, ahead: QueueEntry<T> | undefined, behind: QueueEntry<T> | undefined): QueueEntry<T> {
    entry.queue = this;
    entry.ahead = ahead;
    entry.behind = behind;
    if (ahead === undefined) this.#first = entry;
    else ahead.behind = entry;
    if (behind === undefined) this.#last = entry;
    else behind.ahead = entry;
    this.#size += 1;
    this.#weight += entry.weight;
    return entry;
  }
}
