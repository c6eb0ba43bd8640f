import { askedRunId } from '#api/trigger-runs.ts';
import type { NewEntry, Owner } from '../store/store.ts';
import type { Schedule } from './cron/schedule.ts';
import type { Schedules } from './cron/schedules.ts';
import { decideTicks, jitterOf, type TickDecision } from './cron/ticks.ts';
import { type KeptTrigger, runNowOf } from './kept-trigger.ts';
import { cursorKey, type TriggerCursor, writeCursor } from './trigger-cursor.ts';
import { tickId, triggerEntry } from './trigger-entry.ts';
import type { TriggerFault } from './trigger-status.ts';

export interface PlanQuestion {
  trigger: KeptTrigger;
  /** Undefined: it was never seen before. */
  cursor: TriggerCursor | undefined;
  /** The function that it calls; undefined: there is none. */
  owner: Owner | undefined;
  schedules: Pick<Schedules, 'of'>;
  /** Milliseconds since 1970. */
  nowMs: number;
  requestId: () => string;
}

/** What is to be done for a Trigger now. */
export interface TriggerPlan {
  /** Ids whose entries are to be cancelled first: all of them, or only those that wait. */
  cancel: { ids: readonly string[]; onlyWaiting: boolean };
  run: { id: string; timeMs: number; entry: NewEntry }[];
  skipped: { id: string; timeMs: number; note: string }[];
  /** As it is once the entries are stored, without them in `open`; the same as before where nothing of it has changed. */
  cursor: TriggerCursor;
  /** When there is something to be done next; undefined: not before something changes. */
  nextMs: number | undefined;
  fault: TriggerFault | undefined;
}

const NONE: readonly string[] = [];

/** The place from which on a Trigger's runs are decided, brought up to what the Trigger says now. */
function standOf({ trigger, cursor, nowMs }: PlanQuestion): TriggerCursor {
  const { namespace, name } = trigger.metadata;
  const { schedule = '', timeZone = 'UTC' } = trigger.spec.source.cron ?? {};
  const named = { trigger: `${namespace}/${name}`, source: `${timeZone} ${schedule}`, suspended: trigger.spec.suspend };
  const { open = NONE, asked } = cursor ?? {};
  const beginMs = cursor === undefined ? madeMs(trigger, nowMs) : nowMs;
  const isNew = cursor === undefined || cursor.source !== named.source || cursor.suspended || trigger.spec.suspend;
  return { ...named, decidedMs: isNew ? beginMs : cursor.decidedMs, open, asked };
}

/**
 * From when on what is due of a Trigger without a cursor is its: when it was made, though no dispatcher ran then. One that has a status
 * was worked before, and its cursor is lost; one that was changed says only since when it exists, not since when it says this: from now.
 */
function madeMs({ metadata, spec, status }: KeptTrigger, nowMs: number): number {
  const ms = Date.parse(metadata.creationTimestamp ?? '');
  const isAsMade = status === undefined && metadata.generation === 1 && !spec.suspend;
  return isAsMade && ms < nowMs ? ms : nowMs;
}

/** Pure: nothing of it has happened yet. */
export function planTrigger(question: PlanQuestion): TriggerPlan {
  const { trigger, cursor: before, owner, schedules } = question;
  const { spec } = trigger;
  const stand = standOf(question);
  const schedule = schedules.of(spec.source.cron?.schedule ?? '', spec.source.cron?.timeZone ?? 'UTC');
  const fault = faultOf(trigger, owner, schedule);
  const asked = askedOf(question, stand, fault);
  const ticks = 'fault' in schedule || spec.suspend ? undefined : ticksOf(question, stand, schedule);
  const parts = joined(question, ticks, fault);
  const cursor = same(before, { ...stand, decidedMs: ticks?.decidedMs ?? stand.decidedMs, asked: asked.value });
  return {
    cancel: spec.suspend
      ? { ids: before?.suspended === true ? [] : stand.open, onlyWaiting: true }
      : { ids: ticks?.replaces === true && parts.run.length > 0 ? stand.open : [], onlyWaiting: false },
    run: [...parts.run, ...asked.run],
    skipped: [...parts.skipped, ...asked.skipped],
    cursor,
    nextMs: ticks?.nextMs,
    fault,
  };
}

/** What is to be written with the entries of a plan; undefined: it stands in the store already. */
export function cursorOf(
  plan: TriggerPlan,
  before: TriggerCursor | undefined,
  uid: string,
): [string, string] | undefined {
  if (plan.run.length === 0 && plan.cursor === before) return undefined;
  const open = [...plan.cursor.open, ...plan.run.map(({ id }) => id)];
  return [cursorKey(uid), writeCursor({ ...plan.cursor, open })];
}

function ticksOf(
  { trigger, nowMs }: PlanQuestion,
  { decidedMs, open }: TriggerCursor,
  schedule: Schedule,
): TickDecision {
  const { overlap = 'Forbid', missed = 'RunOnce', startingDeadlineSeconds } = trigger.spec.source.cron ?? {};
  const deadlineMs = startingDeadlineSeconds === undefined ? undefined : startingDeadlineSeconds * 1_000;
  return decideTicks({ rules: { schedule, overlap, missed, deadlineMs }, decidedMs, nowMs, open: open.length });
}

function joined(
  question: PlanQuestion,
  ticks: TickDecision | undefined,
  fault: TriggerFault | undefined,
): Pick<TriggerPlan, 'run' | 'skipped'> {
  const { metadata } = question.trigger;
  const named = (dueMs: number) => ({ id: tickId(metadata, dueMs), timeMs: dueMs });
  const { run = [], skipped = [] } = ticks ?? {};
  const passedOver = skipped.map(({ dueMs, note }) => ({ ...named(dueMs), note }));
  if (fault !== undefined)
    return { run: [], skipped: [...passedOver, ...run.map((dueMs) => ({ ...named(dueMs), note: fault.message }))] };
  const jitterMs = (question.trigger.spec.source.cron?.jitterSeconds ?? 0) * 1_000;
  return { run: run.map((dueMs) => runOf(question, { ...named(dueMs), jitterMs })), skipped: passedOver };
}

/** The annotation asks for one run with each value; it is seen once, whether it is run or not. */
function askedOf(
  question: PlanQuestion,
  stand: TriggerCursor,
  fault: TriggerFault | undefined,
): Pick<TriggerPlan, 'run' | 'skipped'> & { value: string | undefined } {
  const { trigger, nowMs } = question;
  const value = runNowOf(trigger);
  if (value === undefined || value === stand.asked) return { run: [], skipped: [], value: stand.asked };
  const id = askedRunId(trigger.metadata, value);
  const wasTold = question.cursor === undefined && trigger.status?.history?.some((run) => run.id === id);
  if (wasTold === true) return { run: [], skipped: [], value };
  // An expression that cannot be read is no reason not to run now.
  const why = trigger.spec.suspend
    ? 'it is suspended'
    : fault?.reason === 'InvalidSchedule'
      ? undefined
      : fault?.message;
  if (why !== undefined || question.owner === undefined)
    return { run: [], skipped: [{ id, timeMs: nowMs, note: why ?? fault?.message ?? '' }], value };
  return { run: [runOf(question, { id, timeMs: nowMs, jitterMs: 0 })], skipped: [], value };
}

function runOf(
  { trigger, owner, requestId }: PlanQuestion,
  { id, timeMs, jitterMs }: { id: string; timeMs: number; jitterMs: number },
): TriggerPlan['run'][number] {
  const { uid, namespace, name } = trigger.metadata;
  const entry = triggerEntry({
    ...{ id, timeMs, trigger: { uid, namespace, name }, owner: owner as Owner },
    notBeforeMs: timeMs + jitterOf(id, jitterMs),
    isOrdered: (trigger.spec.source.cron?.overlap ?? 'Forbid') === 'Forbid',
    data: trigger.spec.data,
    requestId: requestId(),
  });
  return { id, timeMs, entry };
}

/** The first of them that holds. */
function faultOf(
  { spec, metadata }: KeptTrigger,
  owner: Owner | undefined,
  schedule: object,
): TriggerFault | undefined {
  if (spec.suspend) return { reason: 'Suspended', message: 'spec.suspend is true: nothing of it is run' };
  if ('fault' in schedule) return { reason: 'InvalidSchedule', message: String(schedule.fault) };
  if (spec.dataIsTooLarge) return { reason: 'DataTooLarge', message: 'spec.data has more than 64 KiB as JSON' };
  if (owner !== undefined) return undefined;
  const message = `there is no Function ${spec.function} in ${metadata.namespace}: make it, or name another in spec.function`;
  return { reason: 'FunctionMissing', message };
}

function same(before: TriggerCursor | undefined, cursor: TriggerCursor): TriggerCursor {
  if (before === undefined) return cursor;
  const keys = ['trigger', 'source', 'decidedMs', 'asked', 'suspended'] as const;
  return before.open === cursor.open && keys.every((key) => before[key] === cursor[key]) ? before : cursor;
}
