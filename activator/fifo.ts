/** Where something waits in a Fifo. It can leave from anywhere at the same small cost. */
export class Place<T> {
  readonly value: T;
  ahead: Place<T> | undefined;
  behind: Place<T> | undefined;
  /** Whether it still is in the queue. */
  taken = true;

  constructor(value: T) {
    this.value = value;
  }
}

/** First in, first out, with leaving from the middle in constant time. */
export class Fifo<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Place<T> | undefined {
    return this.#first;
  }

  append(value: T): Place<T> {
    const place = new Place(value);
    place.ahead = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  prepend(value: T): Place<T> {
    const place = new Place(value);
    place.behind = this.#first;
    if (this.#first === undefined) this.#last = place;
    else this.#first.ahead = place;
    this.#first = place;
    this.#size += 1;
    return place;
  }

  /** False when it had left already. */
  remove(place: Place<T>): boolean {
    if (!place.taken) return false;
    if (place.ahead === undefined) this.#first = place.behind;
    else place.ahead.behind = place.behind;
    if (place.behind === undefined) this.#last = place.ahead;
    else place.behind.ahead = place.ahead;
    place.ahead = undefined;
    place.behind = undefined;
    place.taken = false;
    this.#size -= 1;
    return true;
  }
}
