/** What is read of the store at the same time, in bytes: requests and answers may be megabytes, and are held while they are shown. */
const MOST_BYTES = 24 * 1_048_576;
/** Of one namespace, so that it keeps none of another's from being read. */
const MOST_OF_NAMESPACE = 10 * 1_048_576;

export class ReadBudget {
  #taken = 0;
  readonly #byNamespace = new Map<string, number>();

  /** Undefined: too much is being read. One alone may be larger than what there is. */
  take(namespace: string, bytes: number): Disposable | undefined {
    const own = this.#byNamespace.get(namespace) ?? 0;
    const isMuch = (taken: number, most: number) => taken > 0 && taken + bytes > most;
    if (isMuch(own, MOST_OF_NAMESPACE) || isMuch(this.#taken, MOST_BYTES)) return undefined;
    this.#add(namespace, bytes);
    return { [Symbol.dispose]: () => this.#add(namespace, -bytes) };
  }

  #add(namespace: string, bytes: number): void {
    this.#taken += bytes;
    const own = (this.#byNamespace.get(namespace) ?? 0) + bytes;
    if (own === 0) this.#byNamespace.delete(namespace);
    else this.#byNamespace.set(namespace, own);
  }
}
