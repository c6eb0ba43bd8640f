import type { Log } from '../process/log.ts';
import type { Refusal } from '../process/refuse.ts';
import { type AccessVerdicts, type ResourceAttributes, TooManyReviews } from './access-verdicts.ts';

export interface CallerQuestion {
  /** Value of the header that carries the caller's token; undefined: there is none, or more than one. */
  shown: string | undefined;
  /** That header's name, for who has to send it. */
  header: string;
  attributes: ResourceAttributes;
}

const BEARER = /^Bearer ([\w.~+/=-]{1,8192})$/i;

/** Why this caller may not; undefined: the API server says that it may. Never rejects: without an answer nothing is allowed. */
export async function refusalOfCaller(
  access: Pick<AccessVerdicts, 'verdict'>,
  { shown, header, attributes }: CallerQuestion,
  log: Log,
): Promise<Refusal | undefined> {
  const [, token] = BEARER.exec(shown ?? '') ?? [];
  if (token === undefined) return unauthorized(`${header}: Bearer <a token of the cluster> is needed`);
  const deed = deedOf(attributes);
  try {
    const verdict = await access.verdict(token, attributes);
    if (verdict === 'allowed') return undefined;
    if (verdict === 'unknown-token') return unauthorized('the API server does not know this token');
    return { status: 403, error: 'Forbidden', message: `this token may not ${deed}` };
  } catch (error) {
    if (!(error instanceof TooManyReviews)) log.warn({ err: error }, 'the API server did not say who may do what');
    const message = `the API server did not say whether this token may ${deed}`;
    return { status: 503, error: 'Unavailable', message, retryAfterSeconds: 2 };
  }
}

function unauthorized(message: string): Refusal {
  return { status: 401, error: 'Unauthorized', message };
}

/** `update functions.catnap.dev orders in namespace shop` */
function deedOf({ namespace, verb, group, resource, subresource, name }: ResourceAttributes): string {
  const kind = (group === undefined ? resource : `${resource}.${group}`) + (subresource ? `/${subresource}` : '');
  return `${verb} ${name === undefined ? kind : `${kind} ${name}`} in namespace ${namespace}`;
}
