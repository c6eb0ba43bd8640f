/** What it means for a Function how the issuers of tokens that it names answer. Pure. */
import type { Condition } from '#api/conditions.ts';

/**
 * - `unasked`: it is not known, and not to be waited for
 * - `asking`: it is not known yet
 * - `answers`: it gave its keys when it was asked last
 * - `away`: it does not, but did since the Function names it, so recently that gateways still take its keys for good
 * - `unreachable`: it does not, and did not
 */
export type Reach = 'unasked' | 'asking' | 'answers' | 'away' | 'unreachable';

export interface IssuerStanding {
  /** In the spec, such as `spec.access[0].jwt`. */
  readonly field: string;
  /** As the author wrote it. */
  readonly issuer: string;
  readonly reach: Reach;
  /** Of one that is away or unreachable. */
  readonly why?: string | undefined;
}

/** What the condition RouteReady says of issuers. */
export type IssuerFinding =
  | { readonly status: 'False'; readonly reason: 'PolicyInvalid'; readonly message: string }
  | { readonly status: 'Unknown'; readonly reason: 'Progressing'; readonly message: string }
  /** It says a line more. */
  | { readonly status: 'True'; readonly notes: readonly string[] };

/** What stands in the note of an issuer that is away, in front of why. */
const AWAY = 'does not give its keys (';

/**
 * While an issuer is being asked, what was said of the same spec before stays, so that a restart changes nothing.
 * @param before the condition RouteReady
 */
export function issuerFinding(
  standings: readonly IssuerStanding[],
  before: Condition | undefined,
  generation: number,
): IssuerFinding {
  const unreachable = standings.filter(({ reach }) => reach === 'unreachable');
  if (unreachable.length > 0) {
    const lines = unreachable.map((one) => `${textOf(one)}; callers with its tokens get 401 until it does`);
    return { status: 'False', reason: 'PolicyInvalid', message: lines.join('\n') };
  }
  const asked = standings.find(({ reach }) => reach === 'asking');
  const isSettled = before?.observedGeneration === generation && before.status !== 'Unknown';
  if (asked !== undefined && !isSettled) {
    const message = `${asked.field}: the issuer ${asked.issuer} is being asked for its keys`;
    return { status: 'Unknown', reason: 'Progressing', message };
  }
  if (asked !== undefined && before?.reason === 'PolicyInvalid') {
    return { status: 'False', reason: 'PolicyInvalid', message: before.message };
  }
  const away = standings.filter(({ reach }) => reach === 'away');
  return { status: 'True', notes: away.map((one) => `${textOf(one)}; keys that gateways have are good for a day`) };
}

function textOf({ field, issuer, why = '' }: IssuerStanding): string {
  return `${field}: the issuer ${issuer} ${AWAY}${why})`;
}

/** The notes in a message of RouteReady that were not in the one before; another reason for the same is no news. */
export function newIssuerNotes(before: string, after: string): string[] {
  const known = new Set(notesIn(before).map(placeOf));
  return notesIn(after).filter((note) => !known.has(placeOf(note)));
}

const notesIn = (message: string): string[] => message.split('\n').filter((line) => line.includes(AWAY));
const placeOf = (note: string): string => note.slice(0, note.indexOf(AWAY));
