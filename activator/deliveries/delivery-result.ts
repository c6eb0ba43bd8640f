import { ERROR_STATUS, type ErrorCode } from '#api/errors.ts';
import type { DeliveryAnswer } from '#api/invocations.ts';
import { HEADER } from '#api/names.ts';
import { answerFor, type GatewayError, withoutDetail } from '../errors/gateway-error.ts';
import type { AnswerBuffer } from './answer-buffer.ts';
import type { DeliveryStream } from './delivery-stream.ts';

/** What a delivery came to. */
export interface DeliveryResult {
  readonly head: DeliveryAnswer;
  /** As much of the answer's body as is kept. */
  readonly body: Uint8Array;
}

interface Answered {
  stream: Pick<DeliveryStream, 'start' | 'broken'>;
  answer: Pick<AnswerBuffer, 'bytes' | 'truncated'> | undefined;
  /** Why the gateway answered itself, or broke the answer off; undefined: the function answered to the end. */
  code: ErrorCode | undefined;
  /** A replica may have begun with it. */
  started: boolean;
}

const NO_BYTES = new Uint8Array(0);

/** Of a delivery that has been in its function's queue, and is over. */
export function answered({ stream: { start, broken }, answer, code, started }: Answered): DeliveryResult {
  if (start === undefined || broken) {
    // Of an answer that broke off neither the function's status nor the part that came is one.
    const said = code ?? 'ReplicaFailed';
    const nothing = { status: ERROR_STATUS[said], headers: [], truncated: false };
    return { head: { by: 'gateway', code: said, started, answer: nothing }, body: NO_BYTES };
  }
  const headers = withoutLength(start.headers);
  const head = { status: start.status, headers, truncated: answer?.truncated === true };
  const body = answer?.bytes ?? NO_BYTES;
  if (code !== undefined) return { head: { by: 'gateway', code, started, answer: head }, body };
  return { head: { by: 'function', ...codeIn(headers), started, answer: head }, body };
}

/** Of one that did not come as far as a queue. */
export function refused(
  failure: GatewayError,
  requestId: string,
  { errorDetail }: { readonly errorDetail: boolean },
): DeliveryResult {
  const { status, headers, body } = answerFor(errorDetail ? failure : withoutDetail(failure), null, requestId, false);
  const answer = { status, headers: withoutLength(headers), truncated: false };
  return { head: { by: 'gateway', code: failure.code, started: false, answer }, body: Buffer.from(body) };
}

/** The length of what is kept says itself. */
function withoutLength(headers: readonly string[]): string[] {
  return headers.filter((_, i) => (headers[i - (i % 2)] as string).toLowerCase() !== 'content-length');
}

/** Of what the runtime says itself. */
function codeIn(headers: readonly string[]): { code?: string } {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === HEADER.error);
  return at === -1 ? {} : { code: headers[at + 1] as string };
}
