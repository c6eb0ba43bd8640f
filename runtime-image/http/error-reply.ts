import { ERROR_STATUS, type ErrorBody, type ErrorCode, PUBLIC_MESSAGE } from '../../api/errors.ts';
import { HEADER } from '../../api/names.ts';
import type { Stop } from '../call/stop.ts';
import type { TimeLimit } from '../call/time-limit.ts';
import { adviceOn } from '../telemetry/thrown-advice.ts';
import { asError, attempt, textAt } from '../telemetry/thrown-value.ts';
import type { Reply } from './reply.ts';

/** An answer that the runtime gives itself, instead of the handler. */
export interface Failure {
  code: Extract<
    ErrorCode,
    | 'BadRequest'
    | 'RequestTimeout'
    | 'ExpectationFailed'
    | 'HeadersTooLarge'
    | 'HandlerFailed'
    | 'NotStarted'
    | 'Timeout'
  >;
  /** One sentence for a person. */
  message: string;
  /** With `NotStarted`: because of the limit. */
  isFull?: boolean;
  /** With `HandlerFailed`: where it was thrown. */
  stack?: string | undefined;
}

/** Of what the answer speaks. */
interface About {
  requestId: string;
  /** `<namespace>/<name>`. */
  function: string;
  /** Whether the caller may be shown what was thrown. */
  showsDetail?: boolean;
  /** Whether the caller may see the function's code: in development. */
  showsStack?: boolean;
}

export function replyOfFailure(failure: Failure, about: About): Reply {
  const body: ErrorBody = {
    error: failure.code,
    message: messageFor(failure, about),
    function: about.function,
    requestId: about.requestId,
    ...(about.showsStack === true && failure.stack !== undefined && { stack: failure.stack }),
  };
  const headers: Reply['headers'] = [
    ['content-type', 'application/json'],
    [HEADER.error, failure.code],
  ];
  // Only what no handler has seen may be sent to another replica.
  if (failure.code === 'NotStarted') headers.push([HEADER.notStarted, 'true']);
  if (failure.isFull === true) headers.push([HEADER.full, 'true']);
  return { status: ERROR_STATUS[failure.code], statusText: '', headers, body: JSON.stringify(body) };
}

/** What a handler threw is for callers that may see it; all else the runtime says in words of its own. */
function messageFor({ code, message }: Failure, { showsDetail }: About): string {
  const isHidden = code === 'HandlerFailed' && showsDetail !== true;
  return isHidden ? (PUBLIC_MESSAGE[code] ?? message) : message;
}

/** What is said of something that a handler threw. */
export function failureOfThrown(error: unknown): Failure {
  const known = asError(error);
  const said = known === undefined ? attempt(() => messageOf(error)) : saidBy(known);
  const message = said || 'the handler threw an error without a message';
  return { code: 'HandlerFailed', message, stack: known === undefined ? undefined : textAt(known, 'stack') };
}

function saidBy(error: Error): string | undefined {
  const message = textAt(error, 'message');
  return message && message + adviceOn(error);
}

/** Of what is no Error, its text alone: what else an object holds is not for clients. */
function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown !== 'object' || thrown === null) return `the handler threw ${String(thrown)}, not an Error`;
  if (Object.prototype.toString.call(thrown) === '[object Response]') {
    return 'the handler threw a Response; return it instead';
  }
  const { message } = thrown as { message?: unknown };
  return typeof message === 'string' ? message : 'the handler threw an object, not an Error';
}

/** What is said when a call is stopped. undefined: the client is gone. */
export function failureOfStop(stop: Stop, { ms, field }: TimeLimit): Failure | undefined {
  if (stop.why === 'gone') return undefined;
  if (stop.why === 'crashed') return failureOfThrown(stop.error);
  if (stop.why === 'timeout') {
    return { code: 'Timeout', message: `the function took longer than ${ms / 1000} s (${field})` };
  }
  return { code: 'Timeout', message: 'the replica had to leave before the function answered' };
}
