/** How much slower than the stand-in a real cluster is: the same for the same seed. Pure. */

/** What comes later in a real cluster than here. */
export type Late = 'readiness' | 'podStatus' | 'endpointSlices' | 'watchEvent';

interface Range {
  leastMs: number;
  mostMs: number;
  /** Power that the share of the range is raised to: 1 is uniform, with more of it long delays are rare. */
  skew: number;
}

/** Readiness, endpoints: measured on a cluster of one node. The others: mostly soon, at times late. */
const RANGES: Readonly<Record<Late, Range>> = {
  readiness: { leastMs: 200, mostMs: 1_000, skew: 1 },
  podStatus: { leastMs: 0, mostMs: 300, skew: 3 },
  endpointSlices: { leastMs: 100, mostMs: 800, skew: 1 },
  watchEvent: { leastMs: 0, mostMs: 300, skew: 3 },
};

/** One request in so many is turned away, where the rate allows it. */
const TURNED_AWAY_ONE_IN = 40;
/** One container start in so many, of those that read a ConfigMap, meets a cache that is not filled yet. */
const HICCUP_ONE_IN = 6;
const HICCUP_MS = { least: 800, most: 2_000 };

/** Delay of the event number `sequence` of its kind, in whole milliseconds. */
export function lateMs(seed: number, late: Late, sequence: number): number {
  const { leastMs, mostMs, skew } = RANGES[late];
  return Math.round(leastMs + (mostMs - leastMs) * chance(seed, late, sequence) ** skew);
}

/** Whether the API server has no room for the request number `sequence`. */
export function isTurnedAway(seed: number, sequence: number): boolean {
  return chance(seed, 'turnedAway', sequence) < 1 / TURNED_AWAY_ONE_IN;
}

/** How long kubelet takes to try again after it found its cache of ConfigMaps empty, in milliseconds; 0: it did not. */
export function hiccupMs(seed: number, sequence: number): number {
  if (chance(seed, 'hiccup', sequence) >= 1 / HICCUP_ONE_IN) return 0;
  return Math.round(HICCUP_MS.least + (HICCUP_MS.most - HICCUP_MS.least) * chance(seed, 'hiccupLength', sequence));
}

/** 0 ≤ x < 1, by seed, kind and number. */
function chance(seed: number, kind: string, sequence: number): number {
  // FNV-1a over all three, then MurmurHash3's last step, so that neighbours are far apart.
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${kind}/${sequence}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
