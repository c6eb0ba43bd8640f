/** Who asks, and for whom others of the same namespace do. */
export interface Asking {
  /** Of the function. */
  readonly uid: string;
  readonly namespace: string;
}

/** Times the places that are left. */
const OF_FUNCTION = 1;
const OF_NAMESPACE = 2;

/**
 * Places for what is asked of the dispatcher at once. A function may have as many as are left, and a namespace twice as many (the
 * dynamic threshold of shared buffers), so that clients of some do not keep those of others from asking.
 */
export class QuestionPlaces {
  readonly #most: number;
  readonly #byFunction = new Map<string, number>();
  readonly #byNamespace = new Map<string, number>();
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Until it is disposed; undefined: there is none. */
  take({ uid, namespace }: Asking): Disposable | undefined {
    const left = this.#most - this.#taken;
    const own = this.#byFunction.get(uid) ?? 0;
    const near = this.#byNamespace.get(namespace) ?? 0;
    if (own >= OF_FUNCTION * left || near >= OF_NAMESPACE * left) return undefined;
    const change = (by: 1 | -1) => {
      this.#taken += by;
      add(this.#byFunction, uid, by);
      add(this.#byNamespace, namespace, by);
    };
    change(1);
    return { [Symbol.dispose]: () => change(-1) };
  }
}

function add(counts: Map<string, number>, name: string, by: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
