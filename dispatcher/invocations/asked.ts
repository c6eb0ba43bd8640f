/** What a request of people asks for. Pure. */

import type { InvocationState } from '#api/invocations.ts';
import { INVOCATION_STATES } from '#api/invocations-for-people.ts';
import { isInvocationId } from '#api/rules/invocation-id.ts';
import { DNS_LABEL } from '#api/schema-nodes.ts';

/** The function that it is about. */
interface Named {
  namespace: string;
  name: string;
}

type StateAsked = InvocationState | 'all';

/** Some of the function's invocations, from a place on. */
export interface Selection {
  state: StateAsked;
  cursor: string | undefined;
}

export type Asked = Named &
  (
    | ({ what: 'list'; limit: number } & Selection)
    | { what: 'show' | 'retry' | 'remove'; id: string }
    | ({ what: 'retryAll' | 'purge' } & Selection)
  );

/** Why it is refused, in a sentence for who asks. */
export interface Mistake {
  status: 400 | 404 | 405;
  mistake: string;
}

/** An id may have slashes, as they stand: the API server, by whose way most ask, would pass them on decoded anyway. */
const PATH = /^\/v1\/namespaces\/([^/]+)\/functions\/([^/]+)\/invocations(?:\/(.+?))?(?:\/(retry))?$/;
const CURSOR = /^[\w-]{1,256}$/;
/** As long as a namespace's name may be; Functions' are shorter. */
const LONGEST_NAME = 63;
const MOST_LISTED = 200;
const LISTED = 50;

/** @param url path and query as they came */
export function askedOf(method: string, url: string): Asked | Mistake {
  const [, path = '', search = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const [, namespace = '', name = '', part, last] = PATH.exec(path) ?? [];
  // Names have nothing that would be encoded.
  if (!isName(namespace) || !isName(name))
    return { status: 404, mistake: 'there is /v1/namespaces/<namespace>/functions/<name>/invocations' };
  const query = new URLSearchParams(search);
  if (part === undefined) return listOf(method, { namespace, name }, query);
  if (last === undefined && (part === 'retry' || part === 'purge'))
    return allOf(method, { namespace, name, what: part === 'retry' ? 'retryAll' : 'purge' }, query);
  return oneOf(method, { namespace, name, id: decoded(part), isRetry: last !== undefined }, query);
}

/** Whether it changes anything. */
export function isChange({ what }: Asked): boolean {
  return what !== 'list' && what !== 'show';
}

function oneOf(
  method: string,
  { isRetry, ...one }: Named & { id: string; isRetry: boolean },
  query: URLSearchParams,
): Asked | Mistake {
  if (!isInvocationId(one.id)) return { status: 404, mistake: 'there is no invocation of this id' };
  const unknown = unknownOf(query, []);
  if (unknown !== undefined) return unknown;
  if (isRetry) return method === 'POST' ? { ...one, what: 'retry' } : wrongMethod('retry is asked for by POST');
  if (method === 'GET') return { ...one, what: 'show' };
  if (method === 'DELETE') return { ...one, what: 'remove' };
  return wrongMethod('an invocation is read by GET and taken away by DELETE');
}

/** What is not encoded as it should be is no id either, and stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function listOf(method: string, named: Named, query: URLSearchParams): Asked | Mistake {
  if (method !== 'GET') return wrongMethod('invocations are listed by GET');
  const limit = query.get('limit') ?? String(LISTED);
  if (!/^\d{1,6}$/.test(limit) || Number(limit) < 1) return bad(`limit is a number from 1 to ${MOST_LISTED}`);
  const selection = selectionOf(query, ['state', 'cursor', 'limit'], 'all');
  if ('mistake' in selection) return selection;
  return { ...named, what: 'list', limit: Math.min(Number(limit), MOST_LISTED), ...selection };
}

function allOf(method: string, asked: Named & { what: 'retryAll' | 'purge' }, query: URLSearchParams): Asked | Mistake {
  if (method !== 'POST') return wrongMethod('retry and purge are asked for by POST');
  const selection = selectionOf(query, ['state', 'cursor'], undefined);
  if ('mistake' in selection) return selection;
  if (asked.what === 'retryAll' && selection.state !== 'buried')
    return bad('only what is buried is sent again: state=buried');
  return { ...asked, ...selection };
}

/** @param otherwise the state where none is named; undefined: one has to be */
function selectionOf(
  query: URLSearchParams,
  parameters: readonly string[],
  otherwise: StateAsked | undefined,
): Selection | Mistake {
  const unknown = unknownOf(query, parameters);
  if (unknown !== undefined) return unknown;
  const state = query.get('state') ?? otherwise;
  if (state !== 'all' && !isState(state)) return bad(`state is one of ${INVOCATION_STATES.join(', ')} and all`);
  const cursor = query.get('cursor') ?? undefined;
  if (cursor !== undefined && !CURSOR.test(cursor)) return bad('this cursor was given by no page');
  return { state, cursor };
}

function unknownOf(query: URLSearchParams, parameters: readonly string[]): Mistake | undefined {
  const unknown = [...query.keys()].find((name) => !parameters.includes(name));
  if (unknown === undefined) return undefined;
  const there = parameters.length === 0 ? 'there is none' : `there are ${parameters.join(', ')}`;
  return bad(`${JSON.stringify(unknown.slice(0, 40))} is no parameter; ${there}`);
}

function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && DNS_LABEL.test(text);
}

function isState(text: string | undefined): text is InvocationState {
  return INVOCATION_STATES.includes(text as InvocationState);
}

function bad(mistake: string): Mistake {
  return { status: 400, mistake };
}

function wrongMethod(mistake: string): Mistake {
  return { status: 405, mistake };
}
