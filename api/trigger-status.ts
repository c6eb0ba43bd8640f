import * as z from 'zod';

/** Most runs of `status.history`. */
const HISTORY_MAX = 10;

const text = (maxLength: number, description: string) => z.string().max(maxLength).optional().meta({ description });
const time = (description: string) => z.string().max(64).optional().meta({ description, format: 'date-time' });
const whole = (description: string) =>
  z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({ description, format: 'int64' });

const Run = z.object({
  id: z.string().max(256).meta({
    description: 'Of its invocation: <namespace>/<trigger>@<time>, or @run- and the value of the annotation.',
  }),
  time: z
    .string()
    .max(64)
    .meta({ description: 'When it was due; of one that was asked for, when it was seen.', format: 'date-time' }),
  state: z
    .enum(['waiting', 'running', 'done', 'buried', 'cancelled', 'skipped'])
    .meta({ description: 'How it goes or ended; buried: given up; skipped: never begun.' }),
  attempts: z.int().min(0).max(2_147_483_647).meta({ description: 'How often it was tried.' }),
  note: text(1_024, 'What the last attempt came to, or why there was none.'),
});

const READY_REASONS = [
  'Ready',
  /** There is no Function of that name in its namespace. */
  'FunctionMissing',
  /** The expression or the time zone is none; the message has the place. */
  'InvalidSchedule',
  /** `spec.data` is larger than an event's may be. */
  'DataTooLarge',
  'Suspended',
  /** Runs cannot be written to the store. */
  'StoreUnavailable',
] as const;

/** Whether its events lead to runs; the only condition of a Trigger. */
export interface TriggerCondition {
  type: 'Ready';
  status: 'True' | 'False';
  reason: (typeof READY_REASONS)[number];
  message: string;
  observedGeneration: number;
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string;
}

export const TriggerStatus = z
  .object({
    observedGeneration: whole('The generation of the spec that this status speaks of.'),
    source: text(512, 'Where its events come from, in a few words: `cron 0 3 * * * Europe/Berlin`.'),
    lastScheduleTime: time('When the last run was due.'),
    lastSuccessTime: time('When the last run that is done was due.'),
    nextScheduleTime: time('When the next run is due, jitter aside. Absent: there is none.'),
    active: whole('Runs that have not ended.'),
    counts: z
      .object({
        scheduled: whole('Runs that were begun, those asked for among them.'),
        succeeded: whole('Runs that are done.'),
        failed: whole('Runs that were given up.'),
        skipped: whole('Runs that were due and not begun, for an earlier one had not ended or it was too late.'),
      })
      .optional()
      .meta({ description: 'How many there were since it was made.' }),
    history: z
      .array(Run)
      .max(HISTORY_MAX)
      .optional()
      .meta({ description: 'The last runs, the newest first.', 'x-kubernetes-list-type': 'atomic' }),
    conditions: z
      .array(
        z.object({
          type: z.string().max(316).meta({ description: 'Ready.' }),
          status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
          reason: z.string().max(1_024).meta({ description: 'One word why.' }),
          message: z.string().max(32_768).meta({ description: 'What is the matter and what to do, for a person.' }),
          observedGeneration: whole('The generation of the spec that it speaks of.'),
          lastTransitionTime: z
            .string()
            .max(64)
            .meta({ description: 'When status last changed.', format: 'date-time' }),
        }),
      )
      .max(8)
      .optional()
      .meta({
        description: 'How the trigger stands.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
  })
  .meta({ description: 'What the dispatcher saw and did.' });
export type TriggerStatus = Omit<z.infer<typeof TriggerStatus>, 'conditions'> & { conditions?: TriggerCondition[] };
