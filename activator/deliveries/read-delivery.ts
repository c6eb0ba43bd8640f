import type { DeliveryHead, StoredRequest } from '#api/invocations.ts';
import { FrameError, readFrames } from '#api/rules/frame.ts';
import { isInvocationId } from '#api/rules/invocation-id.ts';

/** What the dispatcher asks for. */
export interface DeliveryOrder {
  readonly head: DeliveryHead;
  readonly request: StoredRequest;
  /** A view of what was received; empty: none. */
  readonly body: Uint8Array;
}

/** Of a whole frame: a body of 8 MiB, and its heads. */
export const FRAME_MAX_BYTES = 9 * 1024 * 1024;
const HEAD_MAX_BYTES = 16 * 1024;
const REQUEST_MAX_BYTES = 256 * 1024;
/** A whole day, as much as `spec.async.timeoutSeconds` allows. */
const TIMEOUT_MAX_MS = 86_400_000;
/** As much as `spec.async.result.maxBytes` allows; more is not kept, whatever is wanted. */
const ANSWER_MAX_BYTES = 1_048_576;
/** Longer than any name or uid of Kubernetes. */
const NAME_MAX_LENGTH = 253;

/** What a frame asks for. @throws FrameError for what asks for nothing that can be delivered */
export function readDelivery(bytes: Buffer): DeliveryOrder {
  // Before it is parsed: the first length is that of the JSON.
  if (bytes.length >= 4 && bytes.readUInt32BE(0) > HEAD_MAX_BYTES) throw new FrameError('its head is too long');
  const [frame, ...more] = readFrames<unknown>(bytes, 1);
  if (frame === undefined || more.length > 0) throw new FrameError('it is empty');
  if (frame.first.length > REQUEST_MAX_BYTES) throw new FrameError('the head of its request is too long');
  return { head: headOf(frame.json), request: requestOf(frame.first), body: frame.second };
}

function headOf(json: unknown): DeliveryHead {
  const { id, epoch, uid, namespace, name, attempt, timeoutMs, maxAnswerBytes } = objectOf(json);
  if (typeof id !== 'string' || !isInvocationId(id)) throw new FrameError('its id is none of an invocation');
  return {
    id,
    epoch: wholeOf(epoch, 0, Number.MAX_SAFE_INTEGER),
    uid: nameOf(uid),
    namespace: nameOf(namespace),
    name: nameOf(name),
    attempt: wholeOf(attempt, 1, Number.MAX_SAFE_INTEGER),
    timeoutMs: wholeOf(timeoutMs, 1, TIMEOUT_MAX_MS),
    maxAnswerBytes: Math.min(wholeOf(maxAnswerBytes, 0, Number.MAX_SAFE_INTEGER), ANSWER_MAX_BYTES),
  };
}

function requestOf(bytes: Uint8Array): StoredRequest {
  const { method, path, headers, requestId } = objectOf(parsed(bytes));
  if (typeof method !== 'string' || typeof path !== 'string' || typeof requestId !== 'string' || !isFields(headers)) {
    throw new FrameError('the head of its request is none');
  }
  return { method, path, headers, requestId };
}

function isFields(value: unknown): value is string[] {
  return Array.isArray(value) && value.length % 2 === 0 && value.every((one) => typeof one === 'string');
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (error) {
    throw new FrameError('the head of its request is no JSON', { cause: error });
  }
}

function objectOf(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new FrameError('its head is no object');
  return json as Record<string, unknown>;
}

function nameOf(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= NAME_MAX_LENGTH) return value;
  throw new FrameError('its head does not name a function');
}

function wholeOf(value: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw new FrameError('a number in its head is none, or out of its bounds');
}
