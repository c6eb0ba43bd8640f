/** Refusals, and the Status objects that carry them: what a client reads to know why. */
import type { FieldError } from '../objects/field-error.ts';
import { invalidObject } from '../objects/field-error.ts';
import type { StatusCause } from '../objects/request-error.ts';
import { RequestError } from '../objects/request-error.ts';

/** What a request was about, as far as it is known. */
export interface Target {
  group: string;
  /** Plural. */
  resource: string;
  kind: string;
  name: string;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: StatusCause[];
    retryAfterSeconds?: number;
  };
  code?: number;
}

/** `pods`, `deployments.apps`. */
export function groupResource(target: { group: string; resource: string }): string {
  return target.group === '' ? target.resource : `${target.resource}.${target.group}`;
}

/** A refusal that is about something else than what the request's path names. */
export class RefusalAbout extends RequestError {
  readonly target: Target;
  constructor(error: RequestError, target: Target) {
    super(error.code, error.reason, error.message, error.causes);
    this.target = target;
  }
}

function about(target: Target, code: number, reason: string, message: string): RefusalAbout {
  return new RefusalAbout(new RequestError(code, reason, message), target);
}

export function notFound(target: Target): RequestError {
  return about(target, 404, 'NotFound', `${groupResource(target)} ${quoted(target.name)} not found`);
}

/** For a path that no resource answers to. */
export function noSuchPath(): RequestError {
  return new RequestError(404, 'NotFound', 'the server could not find the requested resource');
}

export function alreadyExists(target: Target, beingDeleted: boolean): RequestError {
  const message = `${groupResource(target)} ${quoted(target.name)} already exists`;
  return about(target, 409, 'AlreadyExists', beingDeleted ? `object is being deleted: ${message}` : message);
}

export function conflict(target: Target, why: string): RequestError {
  const message = `Operation cannot be fulfilled on ${groupResource(target)} ${quoted(target.name)}: ${why}`;
  return about(target, 409, 'Conflict', message);
}

export const OPTIMISTIC_LOCK =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(target: Target, why: string, causes: readonly StatusCause[] = []): RequestError {
  const what = target.name === '' ? groupResource(target) : `${groupResource(target)} ${quoted(target.name)}`;
  const message = target.resource === '' ? `forbidden: ${why}` : `${what} is forbidden: ${why}`;
  return new RefusalAbout(new RequestError(403, 'Forbidden', message, causes), target);
}

/** 422: what is wrong with the object `target` names. */
export function invalid(target: Target, errors: readonly FieldError[]): RequestError {
  const { group, kind, name } = target;
  return new RefusalAbout(invalidObject({ group, kind }, name, [...errors]), target);
}

/** The same for what stands in the query. `kind`: `ListOptions`, `DeleteOptions` … */
export function invalidOptions(kind: string, errors: readonly FieldError[]): RequestError {
  return invalid({ group: 'meta.k8s.io', resource: '', kind, name: '' }, errors);
}

export function badRequest(message: string): RequestError {
  return new RequestError(400, 'BadRequest', message);
}

export function unauthorized(): RequestError {
  return new RequestError(401, 'Unauthorized', 'Unauthorized');
}

export function methodNotAllowed(): RequestError {
  return new RequestError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function unsupportedMediaType(supported: readonly string[]): RequestError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`;
  return new RequestError(415, 'UnsupportedMediaType', message);
}

export function notAcceptable(): RequestError {
  const offered = 'application/json, application/yaml';
  const message = `only the following media types are accepted: ${offered}`;
  return new RequestError(406, 'NotAcceptable', message);
}

/** Of a path that has one representation alone. */
export function notRepresentable(available: string): RequestError {
  return new RequestError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`);
}

export function expired(message: string): RequestError {
  return new RequestError(410, 'Expired', message);
}

export function internalError(message: string): RequestError {
  return new RequestError(500, 'InternalError', `Internal error occurred: ${message}`, [{ reason: '', message }]);
}

/** Reasons whose Status has details even if there are none. */
const WITH_DETAILS = new Set(['Forbidden', 'Invalid', 'MethodNotAllowed', 'NotFound']);

/** The Status of a refusal; it names what the refusal is about, if that is known. */
export function statusOf(error: RequestError): Status {
  const details: NonNullable<Status['details']> = {};
  if (error instanceof RefusalAbout) {
    const { name, group, kind, resource } = error.target;
    if (name !== '') details.name = name;
    if (group !== '') details.group = group;
    const about = error.reason === 'Invalid' ? kind : resource;
    if (about !== '') details.kind = about;
  }
  const causes = error.causes.map((cause) => (cause.reason === '' ? withoutReason(cause) : cause));
  if (causes.length > 0) details.causes = causes;
  if (error.reason === 'Timeout') details.retryAfterSeconds = 1;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(Object.keys(details).length > 0 || WITH_DETAILS.has(error.reason) ? { details } : {}),
    code: error.code,
  };
}

function withoutReason(cause: StatusCause): StatusCause {
  const { reason: _none, ...rest } = cause;
  return rest as StatusCause;
}

/** Answer of a deletion that is complete. */
export function deletedStatus(target: Target, uid: string): Status {
  const { name, group, resource } = target;
  const details = { name, ...(group === '' ? {} : { group }), kind: resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** As Go's %q prints it, for the strings that names are made of. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
