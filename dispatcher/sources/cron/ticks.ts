import type { Schedule } from './schedule.ts';

/** What a Trigger says of its runs. Durations are in milliseconds. */
interface TickRules {
  schedule: Schedule;
  overlap: 'Forbid' | 'Allow' | 'Replace';
  missed: 'Skip' | 'RunOnce' | 'RunAll';
  /** How late a run may begin at most; undefined: however late. */
  deadlineMs?: number | undefined;
}

/** Times are milliseconds since 1970. */
export interface TickQuestion {
  rules: TickRules;
  /** All that was due up to then is decided. */
  decidedMs: number;
  nowMs: number;
  /** Runs that have not ended. */
  open: number;
}

export interface TickDecision {
  /** When those were due that are to be run, in their order. */
  run: number[];
  /** Those that have not ended are to be cancelled first. */
  replaces: boolean;
  skipped: { dueMs: number; note: string }[];
  decidedMs: number;
  /** When something is due next; undefined: never. */
  nextMs: number | undefined;
}

/** A run that begins later than this was missed: nothing ran that could have begun it. */
const LATE_MS = 10_000;
/** Of those that are due at once, only the last are looked at. */
const MOST_AT_ONCE = 100;
/** Runs of one Trigger that have not ended. */
const MOST_OPEN = 100;
/** A clock that shows less than this before what was decided was set right; one that shows less still was wrong before. */
const SET_BACK_MS = 3_600_000;

const NOTE = {
  tooLate: 'it was due too long ago (startingDeadlineSeconds)',
  missed: 'it was missed, and is not made up for',
  overlap: 'an earlier run had not ended',
  replaced: 'a later run takes its place',
  tooMany: `${MOST_OPEN} runs have not ended`,
} as const;

/**
 * What becomes of all that is due. A time is decided once: where the clock is set back, what was decided does not come again, unless
 * it is set back by more than an hour; then it all begins anew from now.
 */
export function decideTicks({ rules, decidedMs, nowMs, open }: TickQuestion): TickDecision {
  const { schedule } = rules;
  const fromMs = decidedMs > nowMs + SET_BACK_MS ? nowMs : decidedMs;
  const due = fromMs < nowMs ? schedule.last(fromMs, nowMs, MOST_AT_ONCE) : [];
  const decided = due.at(-1) ?? fromMs;
  const skipped: TickDecision['skipped'] = [];
  const skip = (note: string) => (dueMs: number) => void skipped.push({ dueMs, note });
  const isLate = (dueMs: number) => nowMs - dueMs > LATE_MS;
  const { deadlineMs = Number.POSITIVE_INFINITY } = rules;
  const [inTime, tooLate] = parted(due, (dueMs) => nowMs - dueMs <= deadlineMs);
  tooLate.forEach(skip(NOTE.tooLate));
  const [missed, onTime] = parted(inTime, isLate);
  const madeUp = madeUpOf(rules.missed, missed, onTime.length > 0);
  missed.filter((dueMs) => !madeUp.includes(dueMs)).forEach(skip(NOTE.missed));
  const { run, replaces, passedOver, note } = overlapping(rules, { madeUp, onTime, open });
  passedOver.forEach(skip(note));
  return {
    run,
    replaces,
    skipped: skipped.toSorted((a, b) => a.dueMs - b.dueMs),
    decidedMs: decided,
    nextMs: schedule.next(decided),
  };
}

/** Where one is on time, it makes up for those before it that RunOnce would. */
function madeUpOf(policy: TickRules['missed'], missed: readonly number[], hasOnTime: boolean): readonly number[] {
  if (policy === 'RunAll') return missed;
  return policy === 'RunOnce' && !hasOnTime ? missed.slice(-1) : [];
}

interface Candidates {
  madeUp: readonly number[];
  onTime: readonly number[];
  open: number;
}

interface Overlapping {
  run: number[];
  replaces: boolean;
  passedOver: readonly number[];
  note: string;
}

/** Under Forbid the first alone is run of several that are due at once: it has not ended when the others would begin. */
function overlapping({ overlap }: TickRules, { madeUp, onTime, open }: Candidates): Overlapping {
  const all = [...madeUp, ...onTime];
  if (overlap === 'Allow') {
    const run = all.slice(Math.max(0, all.length - Math.max(0, MOST_OPEN - open)));
    return { run, replaces: false, passedOver: all.slice(0, all.length - run.length), note: NOTE.tooMany };
  }
  if (overlap === 'Replace') {
    const run = all.slice(-1);
    return { run, replaces: run.length > 0 && open > 0, passedOver: all.slice(0, -1), note: NOTE.replaced };
  }
  const run = open > 0 ? [] : all.slice(0, 1);
  return { run, replaces: false, passedOver: all.slice(run.length), note: NOTE.overlap };
}

/**
 * How much later than it was due the run of this id begins: the same each time it is asked for, so that a restart changes nothing.
 * @returns 0 ≤ ms ≤ jitterMs, whole
 */
export function jitterOf(id: string, jitterMs: number): number {
  // FNV-1a with the last mixing of MurmurHash3, for ids differ in their last digits only.
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000) * (jitterMs + 1));
}

function parted(times: readonly number[], isFirst: (ms: number) => boolean): [number[], number[]] {
  return [times.filter(isFirst), times.filter((ms) => !isFirst(ms))];
}
