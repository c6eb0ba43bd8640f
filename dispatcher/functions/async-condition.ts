import type { AsyncCondition } from '#api/conditions.ts';

/** What the condition of a function is made of. */
export interface AsyncStanding {
  /** Its spec says that work may be stored for it. */
  hasAsync: boolean;
  /** Entries that were given up and are kept. */
  buried: number;
}

/** Longest message, in characters. */
const MOST_CHARACTERS = 256;

/**
 * Whether the condition says how the function stands: none where it has nothing to do with stored work. Which entry was the last to be
 * given up is not looked at, for that takes a look at the entries: it changes with their number.
 */
export function isUpToDate(condition: AsyncCondition | undefined, standing: AsyncStanding): boolean {
  if (!isTold(standing)) return condition === undefined;
  if (standing.buried === 0) return condition?.reason === 'NothingBuried';
  return condition?.reason === 'Buried' && condition.message.split(';')[0] === numberText(standing.buried);
}

/**
 * The condition; undefined: the function has none.
 * @param lastNote what the last attempt of the newest entry that was given up came to; undefined: not known.
 * @param before what it is now; its time stays where the status does.
 * @param nowMs since 1970.
 */
export function asyncCondition(
  standing: AsyncStanding,
  lastNote: string | undefined,
  before: AsyncCondition | undefined,
  nowMs: number,
): AsyncCondition | undefined {
  if (!isTold(standing)) return undefined;
  const { buried } = standing;
  const status = buried > 0 ? 'False' : 'True';
  const since = before?.status === status ? before.lastTransitionTime : undefined;
  return {
    type: 'Async',
    status,
    reason: buried > 0 ? 'Buried' : 'NothingBuried',
    message: buried > 0 ? bounded(buriedText(buried, lastNote)) : 'no invocation is buried',
    lastTransitionTime: since ?? new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** What is open says nothing: a Trigger's runs come and go, and the condition of a function without `spec.async` with them. */
function isTold({ hasAsync, buried }: AsyncStanding): boolean {
  return hasAsync || buried > 0;
}

function numberText(buried: number): string {
  return buried === 1 ? '1 invocation is buried' : `${buried} invocations are buried`;
}

function buriedText(buried: number, lastNote: string | undefined): string {
  const note = printable(lastNote ?? '');
  return note === '' ? numberText(buried) : `${numberText(buried)}; the last: ${note}`;
}

/** On one line, without what commands a terminal: of a note nothing is known but its length. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
}

function bounded(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}
