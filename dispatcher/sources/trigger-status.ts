import type { TriggerCondition, TriggerStatus } from '#api/trigger-status.ts';
import type { KeptTrigger } from './kept-trigger.ts';
import { rfc3339 } from './trigger-entry.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** Why nothing of a Trigger is run; undefined: it is. */
export interface TriggerFault {
  reason: Exclude<TriggerCondition['reason'], 'Ready'>;
  message: string;
}

export interface TriggerStanding {
  trigger: KeptTrigger;
  record: TriggerRecord;
  active: number;
  /** Undefined: never. */
  nextMs: number | undefined;
  fault: TriggerFault | undefined;
}

const MOST_SOURCE = 512;

/** @param before the condition as it is; its time stays where its status does. @param nowMs since 1970 */
export function triggerStatus(
  { trigger, record, active, nextMs, fault }: TriggerStanding,
  before: TriggerCondition | undefined,
  nowMs: number,
): TriggerStatus {
  const { generation } = trigger.metadata;
  const status = fault === undefined ? 'True' : 'False';
  const { counts, history, lastScheduleTime, lastSuccessTime } = record;
  return {
    observedGeneration: generation,
    source: sourceText(trigger),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessTime !== undefined && { lastSuccessTime }),
    ...(nextMs !== undefined && fault === undefined && { nextScheduleTime: rfc3339(nextMs) }),
    active,
    counts,
    history,
    conditions: [
      {
        type: 'Ready',
        status,
        reason: fault?.reason ?? 'Ready',
        message: fault?.message ?? readyText(nextMs),
        observedGeneration: generation,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : rfc3339(nowMs),
      },
    ],
  };
}

function sourceText({ spec }: KeptTrigger): string {
  const { schedule = '', timeZone = 'UTC' } = spec.source.cron ?? {};
  return `cron ${schedule}${timeZone === 'UTC' ? '' : ` ${timeZone}`}`.slice(0, MOST_SOURCE);
}

function readyText(nextMs: number | undefined): string {
  return nextMs === undefined
    ? 'the schedule has no time that is still to come'
    : 'each run that is due is stored and delivered';
}
