import type { ErrorCode } from '#api/errors.ts';

/**
 * How one request went, once it is over. The request's record implements this, so that a request which is not logged costs
 * nothing. Times in milliseconds.
 */
export interface AccessLogEntry {
  /** `<namespace>/<name>`; null: no function was found. */
  readonly functionKey: string | null;
  /** Of the replica that had it last; undefined: none had. */
  readonly revision: string | undefined;
  readonly requestId: string;
  /** Of what was delivered later than it was accepted: which invocation it is. */
  readonly invocationId?: string | undefined;
  /** Of the same: how often it has been delivered with this time, from 1. */
  readonly attempt?: number | undefined;
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
  /** For how much of that, at most, it may have waited in the replica's own queue; 0: none. */
  readonly waitMs: number;
  /** From when it entered its function's queue, or was refused before, until the end. */
  readonly totalMs: number;
  /** Of the client: behind trusted proxies, the address that the first of them saw. */
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
}

/** Longer paths and names of programs are cut. */
const PATH_MAX_LENGTH = 1_024;
const USER_AGENT_MAX_LENGTH = 256;
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/** One JSON line of each request, or of a part of them, shaped as the other lines of the process are. */
export class AccessLog {
  readonly #rate: number;
  readonly #add: (line: string) => void;
  readonly #random: () => number;

  /** @param rate the share of requests that are logged, 0 to 1. */
  constructor(rate: number, add: (line: string) => void, random: () => number = Math.random) {
    this.#rate = rate;
    this.#add = add;
    this.#random = random;
  }

  record(entry: AccessLogEntry): void {
    if (this.#rate === 0 || (this.#rate < 1 && this.#random() >= this.#rate)) return;
    this.#add(accessLine(entry, new Date()));
  }
}

/** With its line feed. What is not known is left out; so is the query, which may hold secrets. */
export function accessLine(entry: AccessLogEntry, at: Date): string {
  const line = JSON.stringify({
    level: 'info',
    time: at.toISOString(),
    service: 'activator',
    msg: 'request',
    function: entry.functionKey ?? undefined,
    revision: entry.revision,
    requestId: entry.requestId,
    invocationId: entry.invocationId,
    attempt: entry.attempt,
    traceId: traceIdOf(entry.traceparent),
    method: entry.method,
    path: pathOf(entry.target),
    status: entry.status === 0 ? undefined : entry.status,
    code: entry.code,
    bytesIn: entry.bytesIn,
    bytesOut: entry.bytesOut,
    queueMs: tenths(entry.queueMs),
    coldMs: tenths(entry.coldMs),
    firstByteMs: tenths(entry.firstByteMs),
    functionMs: tenths(entry.functionMs),
    totalMs: tenths(entry.totalMs),
    client: entry.clientAddress,
    userAgent: entry.userAgent?.slice(0, USER_AGENT_MAX_LENGTH),
  });
  return `${line}\n`;
}

/** Of a `traceparent` header as W3C Trace Context has it; undefined where it is none. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1];
}

function pathOf(target: string): string {
  const end = target.indexOf('?');
  return target.slice(0, Math.min(end === -1 ? target.length : end, PATH_MAX_LENGTH));
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
