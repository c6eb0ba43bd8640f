/** What went wrong with a call to the API server, as a KubeError. */
import { KubeError, type KubeStatus } from './error.ts';

const LONGEST_RETRY_AFTER_MS = 5_000;

/** From an answer whose status says that it failed. Its body is a `Status`, or whatever a proxy in between had to say. */
export function errorFromAnswer(what: string, httpStatus: number, body: string): KubeError {
  const status = parseStatus(body);
  const code = status?.reason || FALLBACK_CODES[httpStatus] || 'Unknown';
  const message = status?.message ?? body.trim().slice(0, 200);
  return new KubeError(httpStatus, code, `${what}: ${httpStatus} ${code}: ${message}`, status && { details: status });
}

/**
 * From a call that ended without a complete answer. KubeErrors pass as they are.
 * @param aborted whether the caller had ended it
 */
export function errorFromFailure(what: string, cause: unknown, aborted = false): KubeError {
  if (cause instanceof KubeError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const failure = aborted ? 'Aborted' : codeOf(error);
  return new KubeError(0, failure, `${what}: ${failure}: ${error.message}`, { cause });
}

/** How long the server asks to wait before the same request, which it did not work on, is sent again. */
export function retryAfterMs(answer: {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
}): number | undefined {
  if (answer.statusCode !== 429 && answer.statusCode !== 503) return undefined;
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  return seconds >= 0 ? Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) : undefined;
}

const FALLBACK_CODES: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function parseStatus(body: string): KubeStatus | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const isStatus = typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status';
    return isStatus ? (parsed as KubeStatus) : undefined;
  } catch {
    return undefined; // not JSON: a proxy's page; its text goes into the message
  }
}

function codeOf(error: Error): string {
  return error.name === 'TimeoutError' ? 'DeadlineExceeded' : 'NoAnswer';
}
