import * as z from 'zod';
import { rules } from './schema-nodes.ts';

/** A zone of the IANA database, as far as a pattern can tell; `Local` and offsets are none. */
const TIME_ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,3}$/;

const Cron = z
  .object({
    schedule: z.string().min(1).max(256).meta({
      description:
        'When, in the fields of cron: minute, hour, day of the month, month, day of the week, as in `0 3 * * *`; six fields begin with seconds; @hourly, @daily, @weekly, @monthly, @yearly.',
    }),
    timeZone: z
      .string()
      .min(1)
      .max(64)
      .regex(TIME_ZONE)
      .default('UTC')
      .meta({ description: 'Name of the time zone that the schedule is read in, such as Europe/Berlin.' }),
    overlap: z.enum(['Forbid', 'Allow', 'Replace']).default('Forbid').meta({
      description:
        'What becomes of a run that is due while an earlier one has not ended. Forbid: it is skipped. Allow: it runs beside it. Replace: the earlier one is cancelled.',
    }),
    missed: z.enum(['Skip', 'RunOnce', 'RunAll']).default('RunOnce').meta({
      description:
        'What becomes of runs that were due while Catnap did not run. Skip: nothing. RunOnce: the latest of them is made up for. RunAll: all of them, at most 100.',
    }),
    startingDeadlineSeconds: z.int().min(1).max(31_622_400).optional().meta({
      description: 'How late a missed run may be made up for, in seconds. Absent: however late.',
    }),
    jitterSeconds: z.int().min(0).max(3_600).default(0).meta({
      description: 'Each run starts later than the schedule says by a time of its own, at most this many seconds.',
    }),
  })
  .meta({ description: 'A schedule.' });

/** The `source` of a Trigger: where its events come from; of its members there is exactly one. */
export const TriggerSource = z.object({ cron: Cron.optional() }).meta({
  description: 'Where the events come from: exactly one of its fields.',
  ...rules({ rule: 'has(self.cron)', message: 'give exactly one source: cron' }),
});
