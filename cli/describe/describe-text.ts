import type { FunctionObject } from '#api/function.ts';
import type { AsyncSpec } from '#api/function-async.ts';
import { ageOf } from '#platform/time/age.ts';
import { printable } from '../command-line/printable.ts';
import { table } from '../command-line/table.ts';
import { rowsOfFunction } from '../triggers/trigger-text.ts';
import type { EventView, FunctionView, RevisionView } from './function-view.ts';

const WIDTH = 14;

/** The page for people. Text of the cluster is stripped of what commands a terminal. Pure. */
export function describeText(view: FunctionView, advice: readonly string[], nowMs: number): string {
  const { function: object, revisions, triggers, events, unreadable } = view;
  const parts = [
    heading(object, nowMs),
    ...(revisions === undefined ? [] : [section('Revisions', revisionLines(revisions, nowMs))]),
    section('Routes', routeLines(object, nowMs)),
    ...(triggers === undefined ? [] : [section('Triggers', rowsOfFunction(triggers, nowMs))]),
    section('Conditions', conditionLines(object, nowMs)),
    ...(events === undefined ? [] : [section('Events', eventLines(events, nowMs))]),
    section('Not shown', unreadable),
    section('Next', advice),
  ];
  return printable(parts.filter((part) => part !== '').join('\n\n'));
}

function heading({ metadata, spec, status }: FunctionObject, nowMs: number): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const said =
    ready === undefined
      ? 'Unknown: nothing was said of it yet'
      : `${ready.status} (${ready.reason}) for ${ageOf(ready.lastTransitionTime, nowMs)}`;
  const scaling = spec.scaling;
  const range = scaling === undefined ? '' : ` (${scaling.minReplicas} to ${scaling.maxReplicas})`;
  return [
    line('Name', `${metadata.name} in ${metadata.namespace}, made ${ageOf(metadata.creationTimestamp, nowMs)} ago`),
    line('Ready', said),
    line('Address', status?.url ?? 'none yet'),
    line('Runs', sourceText(spec)),
    line('Replicas', `${status?.replicas ?? 0}, ${status?.readyReplicas ?? 0} of them ready${range}`),
    ...(status?.scaling?.reason === undefined ? [] : [line('Scaling', status.scaling.reason)]),
    ...asyncLines(spec.async, status),
    ...(status?.failedStarts === undefined ? [] : [line('Failed starts', failedText(status.failedStarts, nowMs))]),
  ].join('\n');
}

/** Without `spec.async` none, but for what is buried: of a Trigger, a destination, or from when it had it. An older Function may lack any field. */
function asyncLines(async: Partial<AsyncSpec> | undefined, status: FunctionObject['status']): string[] {
  if (async === undefined) {
    const isBuried = status?.conditions?.some(({ type, reason }) => type === 'Async' && reason === 'Buried') === true;
    return isBuried ? [line('Async', 'no request is stored, but invocations are buried')] : [];
  }
  const { mode, maxConcurrency, retry, timeoutSeconds } = async;
  const attempts = `${retry?.maxAttempts} attempts of ${timeoutSeconds} s at most`;
  return [line('Async', `${mode}, ${maxConcurrency} at the same time, ${attempts}`)];
}

function failedText(
  { count, lastTime }: { count?: number | undefined; lastTime?: string | undefined },
  nowMs: number,
): string {
  return `${count ?? 0}, the last one ${ageOf(lastTime, nowMs)} ago`;
}

function sourceText({ image, source }: FunctionObject['spec']): string {
  if (image !== undefined) return `image ${image}`;
  const entry = source?.entry === undefined ? '' : `, entry ${source.entry}`;
  if (source?.inline !== undefined) return `source in the Function, ${Buffer.byteLength(source.inline)} bytes`;
  if (source?.files !== undefined) {
    const count = Object.keys(source.files).length;
    return `${count} ${count === 1 ? 'file' : 'files'} in the Function${entry}`;
  }
  if (source?.configMapRef !== undefined) return `source in ConfigMap ${source.configMapRef.name}${entry}`;
  return `source in ConfigMaps ${(source?.configMapRefs ?? []).map(({ name }) => name).join(', ')}${entry}`;
}

function line(name: string, text: string): string {
  return `${`${name}:`.padEnd(WIDTH)} ${text}`;
}

/** Empty without lines. */
function section(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : [`${title}:`, ...lines.flatMap((each) => each.split('\n')).map((each) => `  ${each}`)].join('\n');
}

function revisionLines(revisions: readonly RevisionView[], nowMs: number): string[] {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ name, takesTraffic, isLatest, replicas, readyReplicas, madeAt, answeredAt }) => [
    name,
    [takesTraffic ? 'traffic' : '', isLatest ? 'latest' : ''].filter((word) => word !== '').join(', '),
    `${readyReplicas}/${replicas}`,
    ageOf(madeAt, nowMs),
    answeredAt === undefined ? 'never' : `${ageOf(answeredAt, nowMs)} ago`,
  ]);
  return [table(['NAME', 'IS', 'READY', 'AGE', 'FIRST ANSWER'], rows)];
}

function routeLines({ status }: FunctionObject, nowMs: number): string[] {
  return (status?.routes ?? []).map(({ host, pathPrefix, accepted, since, reason, message }) => {
    const where = `${host}${pathPrefix === '/' ? '' : pathPrefix}`;
    return accepted
      ? `${where}  accepted ${ageOf(since, nowMs)} ago`
      : `${where}  refused (${reason ?? ''}): ${message ?? ''}`;
  });
}

function conditionLines({ status }: FunctionObject, nowMs: number): string[] {
  return (status?.conditions ?? []).map(
    ({ type, status: holds, reason, message, lastTransitionTime }) =>
      `${type} ${holds} (${reason}) for ${ageOf(lastTransitionTime, nowMs)}${message === '' ? '' : `: ${message}`}`,
  );
}

function eventLines(events: readonly EventView[], nowMs: number): string[] {
  return events.map(({ type, reason, message, count, lastAt }) => {
    const times = count > 1 ? ` (${count} times)` : '';
    return `${ageOf(lastAt, nowMs)} ago  ${type === 'Normal' ? '' : `${type} `}${reason}${times}: ${message}`;
  });
}
