import { type Asking, QuestionPlaces } from './question-places.ts';

/** Clients that may wait at once: each has a connection to the dispatcher meanwhile. */
const MOST = 200;

/** A client that waits for an invocation to end. */
export interface Waiting extends Asking {
  /** The gateway leaves: it is to wait no longer. */
  hurry(): void;
}

/** How many clients may wait here for invocations to end: of a function and of a namespace, according to how many may yet. Each `begin` that is true needs an `end`. */
export class WaitLimit {
  readonly #places = new QuestionPlaces(MOST);
  readonly #waiting = new Map<Waiting, Disposable>();
  #isLeaving = false;

  /** False: there are as many as may be, or the gateway leaves. */
  begin(one: Waiting): boolean {
    const place = this.#isLeaving ? undefined : this.#places.take(one);
    if (place === undefined) return false;
    this.#waiting.set(one, place);
    return true;
  }

  end(one: Waiting): void {
    this.#waiting.get(one)?.[Symbol.dispose]();
    this.#waiting.delete(one);
  }

  leave(): void {
    this.#isLeaving = true;
    for (const one of this.#waiting.keys()) one.hurry();
  }
}
