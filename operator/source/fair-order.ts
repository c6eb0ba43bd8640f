/** Who is next, so that one group's crowd leaves the others their turns. Pure. */

/** Groups whose turns are remembered. */
const REMEMBERED = 10_000;

/** Groups take turns (round-robin), each in its own order. */
export class FairOrder<T> {
  /** Groups with something. */
  readonly #groups = new Map<string, T[]>();
  /** When each group had its last turn, by number; one that never had one comes first. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  /** Behind the others of its group. */
  add(group: string, item: T): void {
    const items = this.#groups.get(group);
    if (items === undefined) this.#groups.set(group, [item]);
    else items.push(item);
  }

  /** The next one that is `ready`, taken out; its group is last then. Undefined: there is none. */
  take(ready: (item: T) => boolean): T | undefined {
    const lastTurn = ([group]: [string, T[]]) => this.#turns.get(group) ?? 0;
    for (const [group, items] of [...this.#groups].sort((a, b) => lastTurn(a) - lastTurn(b))) {
      const index = items.findIndex(ready);
      if (index === -1) continue;
      const [item] = items.splice(index, 1);
      if (items.length === 0) this.#groups.delete(group);
      if (this.#turns.size > REMEMBERED) this.#turns.clear();
      this.#turns.set(group, ++this.#turn);
      return item;
    }
    return undefined;
  }

  /** Takes out and returns all that `match`. */
  remove(match: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (const [group, items] of [...this.#groups]) {
      removed.push(...items.filter(match));
      const others = items.filter((item) => !match(item));
      if (others.length > 0) this.#groups.set(group, others);
      else this.#groups.delete(group);
    }
    return removed;
  }

  list(): T[] {
    return [...this.#groups.values()].flat();
  }
}
