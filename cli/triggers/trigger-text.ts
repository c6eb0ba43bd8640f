/** Triggers as people read them. Pure; what is not the command's own is made printable by what prints it. */
import type { TriggerObject } from '#api/trigger.ts';
import { ageOf, humanDuration } from '#platform/time/age.ts';
import { table } from '../command-line/table.ts';

const WIDTH = 11;

/** Columns as `kubectl get triggers` has them, the next run by how long it is until then. */
export function listText(triggers: readonly TriggerObject[], allNamespaces: boolean, nowMs: number): string {
  const heads = ['NAME', 'FUNCTION', 'SOURCE', 'READY', 'LAST', 'NEXT', 'FAILED', 'AGE'];
  const rows = triggers.map((trigger) => {
    const { metadata, spec, status } = trigger;
    return [
      ...(allNamespaces ? [metadata.namespace] : []),
      metadata.name,
      spec.function,
      sourceText(trigger),
      readyOf(trigger)?.status ?? 'Unknown',
      status?.lastScheduleTime === undefined ? '' : ageOf(status.lastScheduleTime, nowMs),
      untilText(status?.nextScheduleTime, nowMs),
      String(status?.counts?.failed ?? 0),
      ageOf(metadata.creationTimestamp, nowMs),
    ];
  });
  return table(allNamespaces ? ['NAMESPACE', ...heads] : heads, rows);
}

/** A line each. */
export function rowsOfFunction(triggers: readonly TriggerObject[], nowMs: number): string[] {
  if (triggers.length === 0) return [];
  const rows = triggers.map((trigger) => [
    trigger.metadata.name,
    sourceText(trigger),
    [readyOf(trigger)?.status ?? 'Unknown', reasonText(trigger)].join(''),
    untilText(trigger.status?.nextScheduleTime, nowMs),
  ]);
  return [table(['NAME', 'SOURCE', 'READY', 'NEXT'], rows)];
}

/** The page of one. @param option ` -n <namespace>` where commands need it */
export function showText(trigger: TriggerObject, option: string, nowMs: number): string {
  const { metadata, spec, status } = trigger;
  const ready = readyOf(trigger);
  const heading = [
    line('Name', `${metadata.name} in ${metadata.namespace}, made ${ageOf(metadata.creationTimestamp, nowMs)} ago`),
    line('Function', spec.function),
    line('Source', [sourceText(trigger), ...cronWords(spec.source.cron)].join(', ')),
    line('Ready', ready === undefined ? 'Unknown: nothing was said of it yet' : readyText(ready, nowMs)),
    line('Next', nextText(status?.nextScheduleTime, nowMs)),
    ...(status?.counts === undefined ? [] : [line('Runs', countsText(status.counts, status.active ?? 0))]),
    ...(['onSuccess', 'onFailure'] as const).flatMap((when) => {
      const to = spec[when];
      return to === undefined ? [] : [line(when, to.url ?? `function ${to.function}`)];
    }),
  ];
  const history = status?.history ?? [];
  const rows = history.map(({ time, state, attempts, id, note }) => [time, state, String(attempts), id, note ?? '']);
  return [
    heading.join('\n'),
    ...(rows.length === 0 ? [] : [section('Last runs', table(['TIME', 'STATE', 'ATTEMPTS', 'ID', 'NOTE'], rows))]),
    section('Next', adviceFor(trigger, option).join('\n')),
  ].join('\n\n');
}

/** Why it would not run now; undefined: it would. */
export function whyNotRun({ metadata, spec, status }: TriggerObject): string | undefined {
  const { name } = metadata;
  if (metadata.deletionTimestamp !== undefined) return `${name} is being removed`;
  if (spec.suspend === true) return `${name} is suspended: nothing of it runs until spec.suspend is false`;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isWrong = ready?.reason === 'FunctionMissing' || ready?.reason === 'DataTooLarge';
  return isWrong && ready.observedGeneration === metadata.generation ? `${name}: ${ready.message}` : undefined;
}

function adviceFor(trigger: TriggerObject, option: string): string[] {
  const { metadata, spec, status } = trigger;
  const why = whyNotRun(trigger);
  const failed = status?.history?.find(({ state }) => state === 'buried');
  return [
    why ?? `run it now: catnap trigger run ${metadata.name}${option}`,
    ...(failed === undefined
      ? []
      : [`see what was given up: catnap invocations show ${spec.function} ${failed.id}${option}`]),
  ];
}

function sourceText({ spec, status }: TriggerObject): string {
  const { schedule, timeZone = 'UTC' } = spec.source.cron ?? {};
  // Until the dispatcher has said it, as it does.
  const given = schedule === undefined ? '' : `cron ${schedule}${timeZone === 'UTC' ? '' : ` ${timeZone}`}`;
  return status?.source ?? given;
}

function cronWords(cron: TriggerObject['spec']['source']['cron']): string[] {
  if (cron === undefined) return [];
  const { overlap, missed, startingDeadlineSeconds: deadline, jitterSeconds = 0 } = cron;
  return [
    ...(overlap === undefined ? [] : [`overlap ${overlap}`]),
    ...(missed === undefined ? [] : [`missed ${missed}${deadline === undefined ? '' : ` within ${deadline} s`}`]),
    ...(jitterSeconds > 0 ? [`up to ${jitterSeconds} s later`] : []),
  ];
}

type Ready = NonNullable<NonNullable<TriggerObject['status']>['conditions']>[number];

function readyOf({ status }: TriggerObject): Ready | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function readyText({ status, reason, message, lastTransitionTime }: Ready, nowMs: number): string {
  return `${status} (${reason}) for ${ageOf(lastTransitionTime, nowMs)}${message === '' ? '' : `: ${message}`}`;
}

function reasonText(trigger: TriggerObject): string {
  const ready = readyOf(trigger);
  return ready === undefined || ready.status === 'True' ? '' : ` (${ready.reason})`;
}

type Counts = NonNullable<NonNullable<TriggerObject['status']>['counts']>;

function countsText({ scheduled = 0, succeeded = 0, failed = 0, skipped = 0 }: Counts, active: number): string {
  return `${scheduled} begun: ${succeeded} done, ${failed} given up, ${active} open; ${skipped} skipped`;
}

function nextText(time: string | undefined, nowMs: number): string {
  return time === undefined ? 'none' : `${time}, ${untilText(time, nowMs)}`;
}

/** Empty without a time. */
function untilText(time: string | undefined, nowMs: number): string {
  const atMs = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(atMs)) return '';
  return atMs <= nowMs ? 'now' : `in ${humanDuration(Math.ceil((atMs - nowMs) / 1_000))}`;
}

function line(name: string, text: string): string {
  return `${`${name}:`.padEnd(WIDTH)} ${text}`;
}

function section(title: string, text: string): string {
  return [`${title}:`, ...text.split('\n').map((each) => `  ${each}`)].join('\n');
}
