/** Whether work that is not part of an attack was slowed down by it. Pure. */

/** How many times as long something may take during an attack as before it. */
const MOST_TIMES = 3;
/** Fewer say nothing. */
export const LEAST_TIMES = 3;

export interface SlowdownRule {
  /** Times below this count as this long, in milliseconds: what a scheduler or a poll adds is no slowdown. */
  floorMs: number;
  /** Nothing may ever take longer, in milliseconds. */
  capMs: number;
}

export interface Slowdown {
  /** Medians, and the longest during the attack, in milliseconds. */
  beforeMs: number;
  duringMs: number;
  longestMs: number;
  /** Undefined: it was not slowed down beyond the rule. */
  wrong: string | undefined;
}

/**
 * The median during the attack is at most three times the median before it, which counts as at least `floorMs`; and none
 * took longer than `capMs`. Medians, because on a busy machine a single time says nothing; the cap is for single ones.
 * @param before @param during times in milliseconds. Too few are a failure: nothing was measured.
 */
export function judge(
  before: readonly number[],
  during: readonly number[],
  { floorMs, capMs }: SlowdownRule,
): Slowdown {
  const [beforeMs, duringMs, longestMs] = [median(before), median(during), Math.max(0, ...during)];
  const allowedMs = MOST_TIMES * Math.max(beforeMs, floorMs);
  const wrong = [
    ...(Math.min(before.length, during.length) < LEAST_TIMES
      ? [`only ${before.length} and ${during.length} times were taken`]
      : []),
    ...(duringMs > allowedMs
      ? [`median ${duringMs.toFixed(1)} ms, before ${beforeMs.toFixed(1)} ms: more than ${allowedMs.toFixed(1)} ms`]
      : []),
    ...(longestMs > capMs ? [`the longest took ${longestMs.toFixed(0)} ms, more than ${capMs} ms`] : []),
  ];
  return { beforeMs, duringMs, longestMs, wrong: wrong.length === 0 ? undefined : wrong.join('; ') };
}

/** 0 without values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
