import { ageOf } from '#platform/time/age.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, numberOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';
import { TEMPLATE, templateCells } from './workloads.ts';

export const JOB: Printer = {
  columns: [
    NAME,
    column('Status', 'Status of the job.'),
    column('Completions', 'Pods that have succeeded, of those wanted.'),
    column('Duration', 'How long it took, or takes until now.'),
    AGE,
    ...TEMPLATE,
  ],
  cells: (job, nowMs) => [
    nameOf(job),
    statusText(job),
    completionsText(job),
    durationText(fieldsOf(job, 'status'), nowMs),
    createdAge(job, nowMs),
    ...templateCells(job),
  ],
};

function statusText(job: Fields): string {
  const conditions = listOf(fieldsOf(job, 'status'), 'conditions');
  const has = (type: string) => conditions.some((condition) => condition.type === type && condition.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (fieldsOf(job, 'metadata').deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completionsText(job: Fields): string {
  const spec = fieldsOf(job, 'spec');
  const succeeded = numberOf(fieldsOf(job, 'status'), 'succeeded');
  if (spec.completions !== undefined) return `${succeeded}/${numberOf(spec, 'completions')}`;
  const parallelism = numberOf(spec, 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText(status: Fields, nowMs: number): string {
  if (textOf(status, 'startTime') === '') return '';
  const end = textOf(status, 'completionTime');
  return ageOf(status.startTime, end === '' ? nowMs : Date.parse(end));
}
