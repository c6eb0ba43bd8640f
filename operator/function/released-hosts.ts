/** Hosts that their namespace let go of a short while ago, and how that is written down. */

/** A host that no other namespace may have yet. */
export interface ReleasedHost {
  namespace: string;
  /** When it is free, in milliseconds since 1970. */
  untilMs: number;
}
export type ReleasedHosts = ReadonlyMap<string, ReleasedHost>;

/** How long a host stays with the namespace that let it go: enough to make a function anew. */
export const RELEASE_MS = 24 * 60 * 60 * 1000;

/** What is remembered at most, of one namespace and in all: it has to fit into a ConfigMap. */
const MOST_OF_ONE_NAMESPACE = 64;
const MOST = 2_000;
/** From so many on, those that are not remembered are forgotten. */
export const MOST_RELEASED = 2 * MOST;

/** Those that are not free yet, the last ones of each namespace first, no more than can be remembered. */
export function remembered(released: ReleasedHosts, nowMs: number): Map<string, ReleasedHost> {
  const latest = [...released]
    .filter(([, { untilMs }]) => untilMs > nowMs)
    .sort(([, a], [, b]) => b.untilMs - a.untilMs);
  const counts = new Map<string, number>();
  const ranked = latest.map(([host, one]) => {
    const rank = counts.get(one.namespace) ?? 0;
    counts.set(one.namespace, rank + 1);
    return { host, one, rank };
  });
  // By rank first: who has few keeps them, however many another namespace let go.
  const kept = ranked.filter(({ rank }) => rank < MOST_OF_ONE_NAMESPACE).sort((a, b) => a.rank - b.rank);
  return new Map(kept.slice(0, MOST).map(({ host, one }) => [host, one]));
}

/** A line for each host: host, namespace, RFC 3339 time at which it is free. */
export function writeReleased(released: ReleasedHosts): string {
  const lines = [...released].map(([host, { namespace, untilMs }]) => {
    return `${host} ${namespace} ${new Date(untilMs).toISOString()}\n`;
  });
  return lines.sort().join('');
}

/** Lines that are none are left out, and nothing lasts longer than it could have been written for. */
export function readReleased(text: string, nowMs: number): Map<string, ReleasedHost> {
  const entries = text.split('\n').flatMap((line): [string, ReleasedHost][] => {
    const [host = '', namespace = '', until = ''] = line.split(' ');
    const untilMs = Math.min(Date.parse(until), nowMs + RELEASE_MS);
    return namespace === '' || !(untilMs > nowMs) ? [] : [[host, { namespace, untilMs }]];
  });
  return new Map(entries);
}
