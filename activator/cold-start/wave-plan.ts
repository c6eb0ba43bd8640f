/** How many replicas a backlog is worth, and when to look again: a function of what is seen and what was learned. */

/** What was learned of a function and of the cluster, times in milliseconds. */
export interface Learned {
  /** From a pod's making to its first answer when it starts alone; undefined: not known. */
  startMs: number | undefined;
  /** That a replica spends on a request; undefined: not known. */
  requestMs: number | undefined;
  /** By what part each further start at the same time makes all of them longer, 0 and up. */
  parallelCost: number;
}

export interface Backlog {
  /** Waiting or in flight, here and at other gateways. */
  requests: number;
  /** Requests that a replica has at once, at least 1. */
  perReplica: number;
  /** Replicas that answer, or are about to. */
  ready: number;
  /** Of each replica that was asked for and has not answered yet: for how long it has been starting. */
  startingMs: readonly number[];
  /** Replicas that the function may have, at least 1. */
  maxReplicas: number;
  /** For how long the oldest request has been waiting. */
  waitedMs: number;
  /** For how long no request was given to a replica. */
  stalledMs: number;
}

export interface WavePlan {
  /** Replicas to have now, those that answer and those that start included. */
  replicas: number;
  /** When to look again if nothing else happens, in milliseconds. */
  lookAgainInMs: number;
}

/** A start of which nothing is known, in milliseconds. */
const START_MS = 500;
/** A request of which nothing is known takes twice as long as it has taken already, and at least so long. */
const SHORT_REQUEST_MS = 20;
/** The first replicas of an unknown function may cost the very first one this part of its start. */
const FIRST_WAVE_COST = 0.25;
/** While none answers the first wave is doubled each time that so much has passed: a multiple of a start, and at least so many milliseconds. */
const DOUBLE_AFTER = { starts: 1.5, leastMs: 400 };
/** More replicas for less than this part of the time until all is done, or for so few milliseconds, are not worth it. */
const WORTH = { part: 0.05, ms: 2 };
/** A request that has waited for so many starts and requests, and so many milliseconds, shows that what was learned does not hold. */
const OVERDUE = { starts: 3, requests: 5, leastMs: 1_000 };
/** When no request has finished for so many times its learned duration, requests are taken to be slower than learned. */
const STALLED = 3;
const SHORTEST_MS = 0.1;
const LOOK_MS = { least: 25, most: 500 };

/** Replicas of equal state: how many, and in how many milliseconds they take requests. */
interface Group {
  count: number;
  inMs: number;
}

/**
 * From none ready, and while a backlog is there: as few replicas as are done with it as soon as more would be, because
 * starts at the same time hold each other up. Of an unknown function a few first; the rest as soon as it is seen that they
 * are needed. Never more than each request justifies, nor than `maxReplicas`.
 */
export function planWave(backlog: Backlog, given: Learned): WavePlan {
  const learned = { ...given, startMs: atLeast(given.startMs), requestMs: atLeast(given.requestMs) };
  const { requests, perReplica, ready, startingMs, maxReplicas, waitedMs } = backlog;
  const most = Math.min(Math.max(Math.ceil(requests / perReplica), 1), maxReplicas);
  const present = ready + startingMs.length;
  const requestMs = presentRequestMs(backlog, learned);
  const expectedMs = startOf(learned.startMs ?? START_MS, startingMs.length, learned);
  const lookAgainInMs = nextLookMs(backlog, expectedMs, requestMs);
  if (present >= most) return { replicas: most, lookAgainInMs };
  if (isOverdue(waitedMs, expectedMs, requestMs)) return { replicas: most, lookAgainInMs };
  const replicas =
    requestMs === undefined
      ? Math.min(firstWave(waitedMs, learned), most)
      : fewest(backlog, { ...learned, startMs: presentStartMs(startingMs, learned), requestMs }, most);
  return { replicas: Math.max(replicas, present), lookAgainInMs };
}

/** Avoids durations of 0, by which is divided. */
function atLeast(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.max(ms, SHORTEST_MS);
}

/** How long `count` starts at the same time take, in milliseconds. */
function startOf(startMs: number, count: number, { parallelCost }: Pick<Learned, 'parallelCost'>): number {
  return startMs * (1 + parallelCost * Math.max(0, count - 1));
}

/** What is learned, unless those under way show that it takes longer this time. */
function presentStartMs(startingMs: readonly number[], learned: Learned): number {
  const startMs = learned.startMs ?? START_MS;
  const oldestMs = startingMs.reduce((oldest, ms) => Math.max(oldest, ms), 0);
  const expectedMs = startOf(startMs, startingMs.length, learned);
  return oldestMs <= expectedMs ? startMs : (startMs * oldestMs * 1.2) / expectedMs;
}

/** The duration to plan with; undefined: nothing is known and none has begun. While replicas are full and none finishes, it grows. */
function presentRequestMs({ ready, stalledMs }: Backlog, { requestMs }: Learned): number | undefined {
  if (ready === 0) return requestMs;
  if (requestMs === undefined) return Math.max(2 * stalledMs, SHORT_REQUEST_MS);
  return stalledMs > STALLED * requestMs ? 2 * stalledMs : requestMs;
}

function isOverdue(waitedMs: number, startMs: number, requestMs: number | undefined): boolean {
  const foreseenMs = OVERDUE.starts * startMs + OVERDUE.requests * (requestMs ?? START_MS);
  return waitedMs > Math.max(foreseenMs, OVERDUE.leastMs);
}

function nextLookMs({ ready, startingMs }: Backlog, startMs: number, requestMs: number | undefined): number {
  if (ready > 0) return Math.min(Math.max((requestMs ?? 0) / 2, LOOK_MS.least), LOOK_MS.most);
  const oldestMs = startingMs.reduce((oldest, ms) => Math.max(oldest, ms), 0);
  return Math.min(Math.max(startMs - oldestMs, LOOK_MS.least), LOOK_MS.most);
}

/** As many as slow the first one down little; doubled each time that none of them has answered in time. */
function firstWave(waitedMs: number, learned: Learned): number {
  const few = 1 + Math.floor(FIRST_WAVE_COST / Math.max(learned.parallelCost, 1e-3));
  const doubleMs = Math.max(
    DOUBLE_AFTER.leastMs,
    DOUBLE_AFTER.starts * startOf(learned.startMs ?? START_MS, few, learned),
  );
  return few * 2 ** Math.min(Math.floor(waitedMs / doubleMs), 30);
}

type Known = Learned & { startMs: number; requestMs: number };

/** The smallest number of replicas that is done about as soon as any. */
function fewest(backlog: Backlog, known: Known, most: number): number {
  const least = Math.max(backlog.ready + backlog.startingMs.length, 1);
  const times: { replicas: number; ms: number }[] = [];
  for (let n = least; n <= most; n = n === most ? most + 1 : Math.min(nextCandidate(n, least), most)) {
    times.push({ replicas: n, ms: doneInMs(backlog, known, n) });
  }
  const bestMs = times.reduce((best, { ms }) => Math.min(best, ms), Number.POSITIVE_INFINITY);
  const enoughMs = bestMs * (1 + WORTH.part) + WORTH.ms;
  return times.find(({ ms }) => ms <= enoughMs)?.replicas ?? most;
}

/** Each of the next sixteen, then in growing steps: a plan costs the same for ten replicas and for a thousand. */
function nextCandidate(n: number, least: number): number {
  return n < least + 16 ? n + 1 : Math.ceil(n * 1.2);
}

/** Until the whole backlog is done with so many replicas, in milliseconds. */
function doneInMs(backlog: Backlog, known: Known, replicas: number): number {
  const { ready, startingMs, requests, perReplica } = backlog;
  const added = Math.max(0, replicas - ready - startingMs.length);
  const aloneMs = startOf(known.startMs, startingMs.length, known);
  const togetherMs = startOf(known.startMs, startingMs.length + added, known);
  const meanAgeMs = startingMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, startingMs.length);
  const groups: Group[] = [
    { count: ready, inMs: 0 },
    { count: startingMs.length, inMs: (Math.max(aloneMs - meanAgeMs, 0) * togetherMs) / aloneMs },
    { count: added, inMs: togetherMs },
  ].filter(({ count }) => count > 0);
  return drainMs(groups, requests / perReplica, known.requestMs);
}

/** The time by which replicas that take one load after the other have had `loads` of them; within one part in a hundred. */
function drainMs(groups: readonly Group[], loads: number, loadMs: number): number {
  const doneBy = (ms: number) =>
    groups.reduce((sum, { count, inMs }) => sum + count * Math.max(0, Math.floor((ms - inMs) / loadMs)), 0);
  const ends = groups.map(({ count, inMs }) => inMs + Math.ceil(loads / count) * loadMs);
  let highMs = Math.min(...ends);
  let lowMs = 0;
  while (highMs - lowMs > Math.max(highMs / 100, 0.5)) {
    const middleMs = (lowMs + highMs) / 2;
    if (doneBy(middleMs) >= loads) highMs = middleMs;
    else lowMs = middleMs;
  }
  return highMs;
}
