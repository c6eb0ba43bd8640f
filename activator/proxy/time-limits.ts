import type { GatewayError } from '../errors/gateway-error.ts';
import type { Timeouts } from '../routing/function-config.ts';

/** Progress of a request that a replica has; times in milliseconds, on one clock. */
export interface Course {
  readonly admittedAtMs: number;
  /** The answer has begun. */
  readonly begun: boolean;
  /** Bytes are due: of the answer, or of the request's body. Else the function computes, which is not being idle. */
  readonly flowing: boolean;
  /** When the last byte went, either way. */
  readonly lastByteAtMs: number;
}

/** When to look again whether a limit is passed; Infinity: there is none. */
export function nextLookAtMs(timeouts: Timeouts, course: Course, nowMs: number): number {
  const { totalMs, firstByteMs, idleMs } = timeouts;
  let atMs = totalMs > 0 ? course.admittedAtMs + totalMs : Number.POSITIVE_INFINITY;
  if (firstByteMs > 0 && !course.begun) atMs = Math.min(atMs, course.admittedAtMs + firstByteMs);
  // Where nothing flows yet, idleness cannot begin before now.
  if (idleMs > 0) atMs = Math.min(atMs, (course.flowing ? course.lastByteAtMs : nowMs) + idleMs);
  return atMs;
}

/** The limit that is passed, or undefined. */
export function passedLimit(timeouts: Timeouts, course: Course, nowMs: number): GatewayError | undefined {
  const { totalMs, firstByteMs, idleMs, totalField = 'timeoutSeconds' } = timeouts;
  if (totalMs > 0 && nowMs >= course.admittedAtMs + totalMs) {
    return { code: 'Timeout', message: `the function took longer than ${totalMs / 1000} s (spec.${totalField})` };
  }
  if (firstByteMs > 0 && !course.begun && nowMs >= course.admittedAtMs + firstByteMs) {
    return {
      code: 'FirstByteTimeout',
      message: `the function did not begin to answer within ${firstByteMs / 1000} s (spec.timeouts.firstByteSeconds)`,
    };
  }
  if (idleMs > 0 && course.flowing && nowMs >= course.lastByteAtMs + idleMs) {
    return {
      code: 'IdleTimeout',
      message: `no byte went either way for ${idleMs / 1000} s (spec.timeouts.idleSeconds)`,
    };
  }
  return undefined;
}

/** One that is larger than the function takes; undefined while it is not. @param maxBytes 0: no limit. */
export function tooLarge(bytes: number, maxBytes: number): GatewayError | undefined {
  if (maxBytes === 0 || bytes <= maxBytes) return undefined;
  return { code: 'BodyTooLarge', message: `the body is larger than ${maxBytes} bytes (spec.maxBodyBytes)` };
}
