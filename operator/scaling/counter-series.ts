/**
 * A counter over time, with its restarts taken out: it only ever grows. Few points tell it: between two of them it is
 * taken to have grown evenly, after the last one not at all.
 */
export interface Series {
  readonly points: readonly Point[];
  /** As last read. */
  readonly raw: number;
}
interface Point {
  atMs: number;
  total: number;
}

const POINTS_MAX = 240;

/** @param startsAt what the counter was when this series began: its own value when that is not known. */
export function newSeries(atMs: number, startsAt: number): Series {
  return { points: [{ atMs, total: 0 }], raw: startsAt };
}

/** The series with one more reading. A smaller one than before means that the counter began again at 0. */
export function addReading(series: Series, atMs: number, raw: number): Series {
  const grown = raw >= series.raw ? raw - series.raw : raw;
  const last = series.points.at(-1)?.total ?? 0;
  const points = withoutMiddleOfFlat(series.points, last + grown);
  return { points: thinned([...points, { atMs, total: last + grown }]), raw };
}

/** How much it grew from `fromMs` to `toMs`; what was before the series began counts as nothing. */
export function increase({ points }: Series, fromMs: number, toMs: number): number {
  return Math.max(0, totalAt(points, toMs) - totalAt(points, fromMs));
}

function totalAt(points: readonly Point[], atMs: number): number {
  const after = points.findIndex((point) => point.atMs > atMs);
  const next = points[after];
  const before = after === -1 ? points.at(-1) : points[after - 1];
  if (before === undefined) return points[0]?.total ?? 0;
  if (next === undefined) return before.total;
  return before.total + ((next.total - before.total) * (atMs - before.atMs)) / (next.atMs - before.atMs);
}

/** While nothing happens, two points are enough: where that began and where it ended. */
function withoutMiddleOfFlat(points: readonly Point[], total: number): readonly Point[] {
  const flat = points.length > 1 && points.at(-1)?.total === total && points.at(-2)?.total === total;
  return flat ? points.slice(0, -1) : points;
}

/** Every other point of the older half goes when there are too many: the recent past stays exact. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= POINTS_MAX) return points;
  return points.filter((_, index) => index === 0 || index >= POINTS_MAX / 2 || index % 2 === 0);
}
