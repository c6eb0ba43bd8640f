import type { TriggerStatus } from '#api/trigger-status.ts';
import type { EntryState } from '../store/store.ts';
import type { TriggerCursor } from './trigger-cursor.ts';
import { rfc3339 } from './trigger-entry.ts';

type Run = NonNullable<TriggerStatus['history']>[number];
type Counts = Record<'scheduled' | 'succeeded' | 'failed' | 'skipped', number>;

/** What is told of the runs of a Trigger. */
export interface TriggerRecord {
  counts: Counts;
  /** The newest first. */
  history: Run[];
  /** RFC 3339. */
  lastScheduleTime: string | undefined;
  lastSuccessTime: string | undefined;
}

const MOST_TOLD = 10;
const ENDED: readonly Run['state'][] = ['done', 'buried', 'cancelled', 'skipped'];
const COUNT_OF: Partial<Record<Run['state'], keyof Counts>> = { done: 'succeeded', buried: 'failed' };

/** As its status has it; of one without, nothing has happened yet. */
export function recordOf(status: TriggerStatus | undefined): TriggerRecord {
  const { scheduled = 0, succeeded = 0, failed = 0, skipped = 0 } = status?.counts ?? {};
  return {
    counts: { scheduled, succeeded, failed, skipped },
    history: (status?.history ?? []).slice(0, MOST_TOLD),
    lastScheduleTime: status?.lastScheduleTime,
    lastSuccessTime: status?.lastSuccessTime,
  };
}

/** One more run is stored. Not told twice. */
export function begun(record: TriggerRecord, id: string, timeMs: number): TriggerRecord {
  if (record.history.some((run) => run.id === id)) return record;
  const time = rfc3339(timeMs);
  return {
    ...record,
    counts: { ...record.counts, scheduled: record.counts.scheduled + 1 },
    history: withRun(record.history, { id, time, state: 'waiting', attempts: 0 }),
    lastScheduleTime: latest(record.lastScheduleTime, time),
  };
}

/** One that was due is not begun. */
export function passedOver(
  record: TriggerRecord,
  id: string,
  { timeMs, note }: { timeMs: number; note: string },
): TriggerRecord {
  if (record.history.some((run) => run.id === id)) return record;
  return {
    ...record,
    counts: { ...record.counts, skipped: record.counts.skipped + 1 },
    history: withRun(record.history, { id, time: rfc3339(timeMs), state: 'skipped', attempts: 0, note }),
  };
}

/** What the store says of an entry. */
export interface Seen {
  state: EntryState;
  attempts: number;
  note: string | undefined;
}

/** How a run stands; one that is not told of any more counts all the same. */
export function seen(record: TriggerRecord, id: string, { state, attempts, note }: Seen): TriggerRecord {
  const now: Run['state'] = state === 'leased' ? 'running' : state;
  const before = record.history.find((run) => run.id === id);
  const hadEnded = before !== undefined && ENDED.includes(before.state);
  const counted = before?.state === now ? undefined : COUNT_OF[now];
  if (hadEnded && before.state === now && before.attempts === attempts) return record;
  const counts = counted === undefined ? record.counts : { ...record.counts, [counted]: record.counts[counted] + 1 };
  const history = record.history.map((run) =>
    run.id === id ? { id, time: run.time, state: now, attempts, ...(note && { note: note.slice(0, 1_024) }) } : run,
  );
  const success =
    now === 'done' ? latest(record.lastSuccessTime, before?.time ?? timeText(id)) : record.lastSuccessTime;
  return { ...record, counts, history, lastSuccessTime: success };
}

/** There is nothing of a run in the store any more: one that was seen to end was forgotten there, any other was taken away. */
export function lost(record: TriggerRecord, id: string): TriggerRecord {
  const before = record.history.find((run) => run.id === id);
  if (before !== undefined && ENDED.includes(before.state)) return record;
  return seen(record, id, { state: 'cancelled', attempts: 0, note: 'it is not in the store any more' });
}

/** Runs that the store had before the status told of them. */
export function withOpen(record: TriggerRecord, { open }: Pick<TriggerCursor, 'open'>, nowMs: number): TriggerRecord {
  return open.reduce((told, id) => begun(told, id, timeOf(id) ?? nowMs), record);
}

function timeText(id: string): string | undefined {
  const ms = timeOf(id);
  return ms === undefined ? undefined : rfc3339(ms);
}

/** When the tick of this id was due; undefined: it is none. */
function timeOf(id: string): number | undefined {
  const ms = Date.parse(id.slice(id.indexOf('@') + 1));
  return Number.isNaN(ms) ? undefined : ms;
}

function withRun(history: readonly Run[], run: Run): Run[] {
  return [run, ...history].slice(0, MOST_TOLD);
}

function latest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) > Date.parse(b) ? a : b;
}
