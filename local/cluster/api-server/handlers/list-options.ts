/** The query of a list or watch, checked as a whole; and tokens to go on with. */
import type { FieldError } from '../../objects/field-error.ts';
import { RequestError } from '../../objects/request-error.ts';
import { forbiddenField, unsupportedField } from '../resources/validation.ts';
import { badRequest, invalidOptions } from '../status.ts';

export interface ListOptions {
  /** 0: no limit. */
  limit: number;
  continue: string;
  /** `undefined`: the latest. */
  resourceVersion: number | undefined;
  match: '' | 'Exact' | 'NotOlderThan';
  watch: boolean;
  allowBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  /** 0: the server's choice. */
  timeoutSeconds: number;
}

/** Throws a 400 or 422 for what does not go together. */
export function listOptionsOf(query: URLSearchParams): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const options = {
    limit: countOf(query, 'limit'),
    continue: query.get('continue') ?? '',
    resourceVersion: revisionOf(query.get('resourceVersion') ?? ''),
    match: match as ListOptions['match'],
    watch: flagOf(query.get('watch')),
    allowBookmarks: flagOf(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null ? undefined : flagOf(initial),
    timeoutSeconds: countOf(query, 'timeoutSeconds'),
  };
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
  return options;
}

function flagOf(text: string | null): boolean {
  return text !== null && !['', 'false', '0'].includes(text);
}

function countOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '0';
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Math.max(0, Number(text));
}

function revisionOf(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  const why = `strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  throw new RequestError(500, '', `resourceVersion: Invalid value: ${quoted}: ${why}`);
}

function listErrors({ match, resourceVersion, sendInitialEvents, ...options }: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (match !== '') {
    if (resourceVersion === undefined) {
      errors.push(forbiddenField(field, `${field} is forbidden unless resourceVersion is provided`));
    }
    if (options.continue !== '') errors.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
    if (!['Exact', 'NotOlderThan'].includes(match)) {
      errors.push(unsupportedField(field, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === 0) {
      errors.push(forbiddenField(field, `${field} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors({ match, sendInitialEvents, ...options }: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenField(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      errors.push(forbiddenField(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
    }
    if (match !== 'NotOlderThan') errors.push(unsupportedField(field, match, ['NotOlderThan']));
    if (options.continue !== '') errors.push(forbiddenField(field, `${field} is forbidden when continue is provided`));
  }
  return errors;
}

/** Where the next page begins. */
export interface Continuation {
  /** The list's; -1: whatever is latest. */
  revision: number;
  /** Path of the last object that was shown. */
  after: string;
}

export function encodeContinue({ revision, after }: Continuation): string {
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` });
  return Buffer.from(token).toString('base64url');
}

/** Throws a 400 for a token that this server did not make. */
export function decodeContinue(token: string): Continuation {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && rv !== 0 && typeof start === 'string') {
      return { revision: rv, after: start.split('\u0000')[0] ?? '' };
    }
  } catch {
    // Not JSON: refused below like any other token.
  }
  throw badRequest('continue key is not valid');
}
