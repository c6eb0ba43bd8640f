/** Errors of calls to the API server. */

/** `Status` as the API server sends it with an error. */
export interface KubeStatus {
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

/**
 * A call that did not succeed. `status` is the HTTP status, or 0 where there was no answer (`cause` says why: refused,
 * cut off, deadline, aborted). `code` is `Status.reason` (`NotFound`, `Conflict`, `AlreadyExists`, `Expired`, …), or
 * `NoAnswer`, `DeadlineExceeded`, `Aborted`, `BadAnswer`, `NotLeader` for the ones of our own. The message names verb and object.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly code: string;
  /** The server's own `Status`, where it sent one. */
  readonly details: KubeStatus | undefined;
  constructor(status: number, code: string, message: string, options?: ErrorOptions & { details?: KubeStatus }) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.details = options?.details;
  }
}

export function isKubeError(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

/** There is no such object, or no such kind. */
export function isNotFound(error: unknown): error is KubeError {
  return isKubeError(error, 404);
}

/** A stale resourceVersion, a failed precondition, a field conflict, but not `AlreadyExists` (409 too). */
export function isConflict(error: unknown): error is KubeError {
  return isKubeError(error, 409) && error.code !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is KubeError {
  return isKubeError(error, 409) && error.code === 'AlreadyExists';
}

/** The resourceVersion or continue token is older than the server remembers: list again. */
export function isGone(error: unknown): error is KubeError {
  return isKubeError(error, 410);
}

/** The object itself is refused (422): the same call can never succeed. */
export function isInvalid(error: unknown): error is KubeError {
  return isKubeError(error, 422);
}

/** The namespace is on its way out, or gone: nothing is made in it any more. */
export function isNamespaceLeaving(error: unknown): error is KubeError {
  if (!(error instanceof KubeError)) return false;
  const { kind, causes = [] } = error.details?.details ?? {};
  if (error.status === 404) return kind === 'namespaces';
  return error.status === 403 && causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

/** The caller's signal ended the call. */
export function isAborted(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 'Aborted';
}

/** The server was not reached, or did not answer in time: what it knows now is uncertain. */
export function isNoAnswer(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 0 && error.code !== 'BadAnswer';
}

/** It said nothing within the deadline. */
export function isSilence(error: unknown): error is KubeError {
  return error instanceof KubeError && error.code === 'DeadlineExceeded';
}
