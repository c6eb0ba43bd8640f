/** Which of the keys that are due comes next. */

/** From the most urgent to the least: news that a person waits for, what follows from something, what can be done at any time. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** So many keys of more urgent priorities may come before one that waits: each priority that waits gets one turn in nine at least. */
const MOST_PASSED_OVER = 8;

interface Level {
  readonly priority: Priority;
  /** First come, first served. */
  readonly keys: Set<string>;
  /** Keys of more urgent levels that were taken since one of this level was, while some waited here. */
  passedOver: number;
}

/**
 * A priority queue of keys, each of them in it once. The most urgent priority comes first, in the order of arrival, and no
 * priority starves: one that was passed over eight times is next, the least urgent of those before the others.
 */
export class DueKeys {
  readonly #levels: readonly Level[] = PRIORITIES.map((priority) => ({ priority, keys: new Set(), passedOver: 0 }));

  get size(): number {
    return this.#levels.reduce((sum, { keys }) => sum + keys.size, 0);
  }

  has(key: string): boolean {
    return this.#levels.some(({ keys }) => keys.has(key));
  }

  /** One that is in already keeps its place, unless it is more urgent now. */
  add(key: string, priority: Priority): void {
    for (const level of this.#levels) {
      if (level.keys.has(key)) return;
      if (level.priority !== priority) continue;
      level.keys.add(key);
      for (const other of this.#levels) if (other !== level) other.keys.delete(key);
      return;
    }
  }

  /**
   * Takes the next key out, with its priority; undefined: there is none that may be taken.
   * @param isHeld one that it is true of stays in, and counts as if it were not: few are held.
   */
  take(isHeld: (key: string) => boolean): { key: string; priority: Priority } | undefined {
    const ready = this.#levels.flatMap((level) => {
      const key = firstFree(level.keys, isHeld);
      return key === undefined ? [] : [{ level, key }];
    });
    const next = ready.findLast(({ level }) => level.passedOver >= MOST_PASSED_OVER) ?? ready[0];
    if (next === undefined) return undefined;
    next.level.keys.delete(next.key);
    for (const { level } of ready.slice(ready.indexOf(next) + 1)) level.passedOver += 1;
    next.level.passedOver = 0;
    return { key: next.key, priority: next.level.priority };
  }

  clear(): void {
    for (const { keys } of this.#levels) keys.clear();
  }
}

function firstFree(keys: ReadonlySet<string>, isHeld: (key: string) => boolean): string | undefined {
  for (const key of keys) if (!isHeld(key)) return key;
  return undefined;
}
