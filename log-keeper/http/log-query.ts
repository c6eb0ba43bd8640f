/** What a request asks for. Pure. */
import { isOfRequest } from '#api/kept-log.ts';
import { type FunctionName, isFunctionName } from '../store/log-store.ts';

export interface LogQuery {
  /** Lines of this moment or later, as lines have theirs; undefined: all. */
  since: string | undefined;
  /** Lines before it. */
  until: string | undefined;
  /** Lines of the request with this id alone. */
  request: string | undefined;
  /** On with what comes. */
  follow: boolean;
  /** Of what is there, the last so many; undefined: all. */
  limit: number | undefined;
  /** Lines after the one with this id. */
  after: string | undefined;
}

/** What is wrong, in a sentence for who asks. */
export interface Mistake {
  mistake: string;
}

const PATH = /^\/v1\/namespaces\/([^/]+)\/functions\/([^/]+)\/logs$/;
const LONGEST_TEXT = 256;
const MOST_LINES = 100_000;
const PARAMETERS = ['since', 'until', 'request', 'follow', 'limit', 'after'];

/** Undefined: there is nothing of this path. */
export function functionOfPath(path: string): FunctionName | undefined {
  const [, namespace, name] = PATH.exec(path) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  // Names have nothing that would be encoded.
  const named = { namespace, name };
  return isFunctionName(named) ? named : undefined;
}

export function parseLogQuery(search: string): LogQuery | Mistake {
  const given = new URLSearchParams(search);
  for (const [name, value] of given) {
    if (!PARAMETERS.includes(name))
      return { mistake: `${JSON.stringify(name.slice(0, 40))} is no parameter; there are ${PARAMETERS.join(', ')}` };
    if (value.length > LONGEST_TEXT) return { mistake: `${name} is longer than ${LONGEST_TEXT} characters` };
  }
  const since = momentOf(given.get('since'));
  const until = momentOf(given.get('until'));
  if (since === null || until === null) return { mistake: 'since and until are moments such as 2026-01-02T03:04:05Z' };
  const limit = given.get('limit');
  if (limit !== null && !/^\d{1,6}$/.test(limit)) return { mistake: `limit is a number of lines up to ${MOST_LINES}` };
  const follow = given.get('follow') ?? 'false';
  if (follow !== 'true' && follow !== 'false') return { mistake: 'follow is true or false' };
  return {
    since,
    until,
    request: given.get('request') ?? undefined,
    follow: follow === 'true',
    limit: limit === null ? undefined : Math.min(Number(limit), MOST_LINES),
    after: given.get('after') ?? undefined,
  };
}

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** With nine digits of a second, as lines have it; null: it is none. */
function momentOf(text: string | null): string | undefined | null {
  if (text === null) return undefined;
  const [, seconds, fraction = '.', zone] = MOMENT.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  if (seconds === undefined || Number.isNaN(ms)) return null;
  return `${new Date(ms).toISOString().slice(0, 19)}${fraction.padEnd(10, '0')}Z`;
}

/** Whether a line is wanted. */
export function isWanted({ since, until, request }: LogQuery, line: { time: string; text: string }): boolean {
  if (since !== undefined && line.time < since) return false;
  if (until !== undefined && line.time >= until) return false;
  return request === undefined || isOfRequest(line.text, request);
}
