import type { ErrorCode } from '#api/errors.ts';

/**
 * How one request went, once it is over. An exchange is its own summary, so that a request which is not logged costs
 * nothing; only numbers and what is there anyway. Times in milliseconds.
 */
export interface Summary {
  /** `<namespace>/<name>`; null: no function was found. */
  readonly functionKey: string | null;
  /** Of the replica that had it last; undefined: none had. */
  readonly revision: string | undefined;
  readonly requestId: string;
  /** As it was passed on; undefined: there was none. */
  readonly traceparent: string | undefined;
  readonly method: string;
  /** As the client asked for it, with the query, which is not logged. */
  readonly target: string;
  /** Of the answer that was begun; 0: none was. */
  readonly status: number;
  /** Why the gateway answered itself, or broke an answer off; undefined: the function answered to the end. */
  readonly code: ErrorCode | undefined;
  /** Of the request's body, as far as it was read. */
  readonly bytesIn: number;
  /** Of the answer's body, or of what went to an upgraded client. */
  readonly bytesOut: number;
  /** Waiting for room, the cold start not included. */
  readonly queueMs: number;
  /** Waiting for a replica that was not there when the request came. */
  readonly coldMs: number;
  /** From when a replica had it until its answer began; 0: it did not. */
  readonly firstByteMs: number;
  /** From when a replica had it until the end; 0: none had. */
  readonly functionMs: number;
  /** From when it entered its function's queue, or was refused before, until the end. */
  readonly totalMs: number;
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
}
