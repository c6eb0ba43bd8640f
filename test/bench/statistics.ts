/** Of an odd or even number of figures; NaN of none. */
export function median(figures: readonly number[]): number {
  return percentile(figures, 50);
}

/** Nearest rank with linear interpolation between neighbours; `p` from 0 to 100. NaN of no figures. */
export function percentile(figures: readonly number[], p: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const rank = (p / 100) * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  return below === undefined || above === undefined ? Number.NaN : below + (above - below) * (rank - Math.floor(rank));
}
