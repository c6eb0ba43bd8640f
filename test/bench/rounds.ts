import type { Measured } from './bar.ts';
import { median } from './statistics.ts';

export interface Rounds {
  rounds: number;
  /** Of each load. */
  seconds: number;
}

/** One reading of each way after the other, again and again: what disturbs the machine for long disturbs all alike. */
export async function inTurn<K extends string, R>(
  ways: readonly K[],
  rounds: number,
  read: (way: K) => Promise<R>,
): Promise<Record<K, R[]>> {
  const readings = Object.fromEntries(ways.map((way) => [way, [] as R[]])) as Record<K, R[]>;
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) readings[way].push(await read(way));
  }
  return readings;
}

/** Medians over the rounds; the ratio is the median of the rounds' own ratios. */
export function compared(
  ours: readonly number[],
  theirs: readonly number[],
  unit: string,
): Measured & { ratio: number } {
  const ratio = median(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN)));
  return { figure: median(ours), baseline: median(theirs), unit, ratio };
}
