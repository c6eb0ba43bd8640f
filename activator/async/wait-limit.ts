const MOST = 200;
const MOST_OF_FUNCTION = 50;

/** A client that waits for an invocation to end. */
export interface Waiting {
  /** Of the function. */
  readonly uid: string;
  /** The gateway leaves: it is to wait no longer. */
  hurry(): void;
}

/** How many clients may wait here for invocations to end: of all functions, and of one. Each `begin` that is true needs an `end`. */
export class WaitLimit {
  readonly #waiting = new Set<Waiting>();
  readonly #byFunction = new Map<string, number>();
  #isLeaving = false;

  /** False: there are as many as may be, or the gateway leaves. */
  begin(one: Waiting): boolean {
    const own = this.#byFunction.get(one.uid) ?? 0;
    if (this.#isLeaving || this.#waiting.size >= MOST || own >= MOST_OF_FUNCTION) return false;
    this.#byFunction.set(one.uid, own + 1);
    this.#waiting.add(one);
    return true;
  }

  end(one: Waiting): void {
    if (!this.#waiting.delete(one)) return;
    const own = (this.#byFunction.get(one.uid) ?? 1) - 1;
    if (own === 0) this.#byFunction.delete(one.uid);
    else this.#byFunction.set(one.uid, own);
  }

  leave(): void {
    this.#isLeaving = true;
    for (const one of this.#waiting) one.hurry();
  }
}
