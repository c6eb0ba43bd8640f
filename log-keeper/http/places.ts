/** Who may be answered at the same time. */

/** Answers that hold lines in memory while they are sent; further ones wait. */
const MOST_SENDING = 8;
const LONGEST_WAIT_MS = 10_000;
/** Of one namespace, so that none takes all. */
const MOST_OF_NAMESPACE = 32;

export class Places {
  readonly #open = new Map<string, number>();
  #sending = 0;
  readonly #waiting: (() => void)[] = [];

  get open(): number {
    return [...this.#open.values()].reduce((a, b) => a + b, 0);
  }

  /** A place for the whole of an answer; undefined: the namespace has all of its own. */
  enter(namespace: string): Disposable | undefined {
    const open = this.#open.get(namespace) ?? 0;
    if (open >= MOST_OF_NAMESPACE) return undefined;
    this.#open.set(namespace, open + 1);
    return once(() => this.#leave(namespace));
  }

  /** A place for the part of an answer that is held in memory; undefined: there was none in time. */
  async send(): Promise<Disposable | undefined> {
    if (this.#sending >= MOST_SENDING && !(await this.#turn())) return undefined;
    this.#sending += 1;
    return once(() => {
      this.#sending -= 1;
      this.#waiting.shift()?.();
    });
  }

  #turn(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        resolve(false);
      }, LONGEST_WAIT_MS);
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      this.#waiting.push(turn);
    });
  }

  #leave(namespace: string): void {
    const open = (this.#open.get(namespace) ?? 1) - 1;
    if (open === 0) this.#open.delete(namespace);
    else this.#open.set(namespace, open);
  }
}

function once(leave: () => void): Disposable {
  let left = false;
  return {
    [Symbol.dispose]: () => {
      if (!left) leave();
      left = true;
    },
  };
}
