/**
 * Places for what is asked of the dispatcher at once. A function may have as many as are left to others (the dynamic threshold of
 * shared buffers), so that clients of one do not keep those of others from asking.
 */
export class QuestionPlaces {
  readonly #most: number;
  readonly #byFunction = new Map<string, number>();
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Until it is disposed; undefined: there is none. @param uid of the function */
  take(uid: string): Disposable | undefined {
    const own = this.#byFunction.get(uid) ?? 0;
    if (own >= this.#most - this.#taken) return undefined;
    this.#add(uid, 1);
    return { [Symbol.dispose]: () => this.#add(uid, -1) };
  }

  #add(uid: string, places: 1 | -1): void {
    const own = (this.#byFunction.get(uid) ?? 0) + places;
    this.#taken += places;
    if (own === 0) this.#byFunction.delete(uid);
    else this.#byFunction.set(uid, own);
  }
}
