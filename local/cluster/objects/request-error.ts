/** One entry of `details.causes` of a Status. */
export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

/**
 * A request that a real API server refuses, with what its Status says. `code` is the HTTP status, `reason` the
 * machine-readable word (`Conflict`, `Invalid`, `BadRequest` …; empty where the real server gives none).
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  constructor(code: number, reason: string, message: string, causes: readonly StatusCause[] = []) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.causes = causes;
  }
}
