/** Invocations as people read them. Pure; what is not the command's own is made printable by who prints it. */
import type { InvocationPage, ShownBody, ShownHeaders, ShownInvocation } from '#api/invocations-for-people.ts';
import { ageOf, humanDuration } from '#platform/time/age.ts';
import { table } from '../command-line/table.ts';

type Item = InvocationPage['items'][number];

/** Of a note in a table. */
const LONGEST_NOTE = 60;
const WIDTH = 14;

/** @param counts of all of the function's, by state */
export function listText(items: readonly Item[], counts: InvocationPage['counts'], nowMs: number): string {
  const there = Object.entries(counts).filter(([, count]) => count > 0);
  const summary = there.map(([state, count]) => `${count} ${state}`).join(', ');
  if (items.length === 0) return there.length === 0 ? 'no invocations' : `none of these; there are ${summary}`;
  const rows = items.map((item) => [
    item.id,
    item.status,
    String(item.attempts),
    ageOf(item.acceptedAt, nowMs),
    nextText(item, nowMs),
    shortened(item.note ?? ''),
  ]);
  return `${table(['ID', 'STATUS', 'ATTEMPTS', 'AGE', 'NEXT', 'NOTE'], rows)}\n\n${summary}`;
}

export function showText(shown: ShownInvocation, nowMs: number): string {
  const { id, status, attempts, acceptedAt, expiresAt, note, request, response } = shown;
  const next = nextText(shown, nowMs);
  const heading = [
    line('Id', id),
    line('Status', `${status}, ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}`),
    line('Accepted', `${acceptedAt}, ${ageOf(acceptedAt, nowMs)} ago`),
    ...(next === '' ? [] : [line('Next attempt', `${next === 'now' ? next : `in ${next}`}`)]),
    ...(expiresAt === undefined ? [] : [line('Kept until', expiresAt)]),
    ...(note === undefined ? [] : [line('Last attempt', note)]),
  ];
  const parts = [
    heading.join('\n'),
    request === undefined
      ? 'The request is not kept any more.'
      : `Request:\n${message(`${request.method} ${request.path}`, request)}`,
    ...(response === undefined ? [] : [`Response:\n${message(String(response.status), response)}`]),
  ];
  return parts.join('\n\n');
}

function message(first: string, { headers, ...body }: ShownBody & { headers: ShownHeaders }): string {
  const fields = Object.entries(headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  const lines = [first, ...fields].map((text) => `  ${text}`).join('\n');
  return body.bodyBytes === 0 ? lines : `${lines}\n\n${bodyText(body)}`;
}

function bodyText({ body, bodyBase64, bodyBytes, truncated }: ShownBody): string {
  const text = body ?? `(${bodyBytes} bytes that are no text; --json has them as base64)`;
  const more = truncated ? `\n(more than is shown: ${bodyBytes} bytes are kept)` : '';
  return bodyBase64 === undefined ? text + more : text;
}

/** Until it is tried: empty where that is not to come. */
function nextText({ status, nextAttemptAt }: Item, nowMs: number): string {
  if (status !== 'waiting') return '';
  const inMs = nextAttemptAt === undefined ? 0 : Date.parse(nextAttemptAt) - nowMs;
  return inMs > 0 ? humanDuration(Math.ceil(inMs / 1_000)) : 'now';
}

function shortened(note: string): string {
  const flat = note.replaceAll(/\s+/g, ' ');
  return flat.length <= LONGEST_NOTE ? flat : `${flat.slice(0, LONGEST_NOTE - 1)}…`;
}

function line(name: string, text: string): string {
  return `${`${name}:`.padEnd(WIDTH)} ${text}`;
}
