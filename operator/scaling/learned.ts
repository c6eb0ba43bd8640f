import type { FunctionStatus } from '#api/function-status.ts';
import type { ActivatorSample } from './parse-metrics.ts';

export type Learned = NonNullable<NonNullable<FunctionStatus['scaling']>['learned']>;

/** A number that has changed by less than this part is not worth a write. */
const WORTH = 0.2;
const LONGEST_MS = 3_600_000;

/**
 * What the status should say of a function's starts and requests: the mean of what the activators learned. `before`
 * itself where that is much the same, or where nothing was learned.
 */
export function nextLearned(before: Learned | undefined, samples: readonly ActivatorSample[]): Learned | undefined {
  const startMilliseconds = meanMs(samples.map(({ startSeconds }) => startSeconds));
  const requestMilliseconds = meanMs(samples.map(({ requestSeconds }) => requestSeconds));
  const isNews =
    differs(before?.startMilliseconds, startMilliseconds) || differs(before?.requestMilliseconds, requestMilliseconds);
  if (!isNews) return before;
  return {
    ...before,
    ...(startMilliseconds !== undefined && { startMilliseconds }),
    ...(requestMilliseconds !== undefined && { requestMilliseconds }),
  };
}

/** Undefined: none is a time. */
function meanMs(seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((one) => one !== undefined && one >= 0) as number[];
  if (known.length === 0) return undefined;
  const meanSeconds = known.reduce((sum, one) => sum + one, 0) / known.length;
  return Math.min(Math.round(meanSeconds * 1000), LONGEST_MS);
}

/** Milliseconds are whole: one more or less says nothing. */
function differs(before: number | undefined, now: number | undefined): boolean {
  if (now === undefined) return false;
  return before === undefined || Math.abs(now - before) > Math.max(1, WORTH * before);
}
