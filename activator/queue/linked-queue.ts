/** Where something waits in a Fifo. It can leave from anywhere at the same small cost. */
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

/** First in, first out, with leaving from the middle in constant time. */
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

  /** Puts it before the first that `isLater`: at the front, or behind others that came back like it. */
  putBack(value: T, weight: number, isLater: (other: T) => boolean): QueueEntry<T> {
    let behind = this.#first;
    while (behind !== undefined && !isLater(behind.value)) behind = behind.behind;
    return this.#insert(new QueueEntry(value, weight), behind === undefined ? this.#last : behind.ahead, behind);
  }

  /** Takes a place over from the queue that it is in, behind those here that are not later. It stays the same place. */
  take(place: QueueEntry<T>, isLater: (other: T) => boolean): void {
    place.queue?.remove(place);
    let ahead = this.#last;
    while (ahead !== undefined && isLater(ahead.value)) ahead = ahead.ahead;
    this.#insert(place, ahead, ahead === undefined ? this.#first : ahead.behind);
  }

  /** False when it is not in this queue, or not any more. */
  remove(place: QueueEntry<T>): boolean {
    if (place.queue !== this) return false;
    if (place.ahead === undefined) this.#first = place.behind;
    else place.ahead.behind = place.behind;
    if (place.behind === undefined) this.#last = place.ahead;
    else place.behind.ahead = place.ahead;
    place.ahead = undefined;
    place.behind = undefined;
    place.queue = undefined;
    this.#size -= 1;
    this.#weight -= place.weight;
    return true;
  }

  #insert(place: QueueEntry<T>, ahead: QueueEntry<T> | undefined, behind: QueueEntry<T> | undefined): QueueEntry<T> {
    place.queue = this;
    place.ahead = ahead;
    place.behind = behind;
    if (ahead === undefined) this.#first = place;
    else ahead.behind = place;
    if (behind === undefined) this.#last = place;
    else behind.ahead = place;
    this.#size += 1;
    this.#weight += place.weight;
    return place;
  }
}
