/** What a caller is told of an invocation. Pure. */
import type { AnswerHead, InvocationState, InvocationStatus } from '#api/invocations.ts';
import { readFrames } from '#api/rules/frame.ts';
import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import { responseHeaders } from '../proxy/headers.ts';

export interface Invocation {
  readonly status: InvocationStatus;
  /** Of the function's answer; empty where there is none. */
  readonly body: Buffer;
}

const STATES: readonly unknown[] = ['waiting', 'running', 'done', 'buried', 'cancelled'] satisfies InvocationState[];
const TIMES = ['expiresAt', 'nextAttemptAt', 'note'] as const;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What Node lets into a field. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Said by the gateway of its own answer, or of how it is sent. */
const NOT_REPLAYED = new Set(['content-length', 'date', 'age']);

/** As the dispatcher has it. Throws for what it would not say. */
export function invocationIn(bytes: Uint8Array): Invocation {
  const [frame] = readFrames<Partial<InvocationStatus> | null>(bytes, 1);
  const given = frame?.json;
  if (frame === undefined || typeof given !== 'object' || given === null) throw new Error('it is no status');
  const { id, status, attempts, acceptedAt, response } = given;
  const isOne = typeof id === 'string' && STATES.includes(status) && Number.isInteger(attempts);
  if (!isOne || status === undefined || attempts === undefined || typeof acceptedAt !== 'string') {
    throw new Error('it is no status');
  }
  const read: InvocationStatus = { id, status, attempts, acceptedAt };
  for (const name of TIMES) if (typeof given[name] === 'string') read[name] = given[name];
  if (response !== undefined) read.response = answerHead(response);
  const { buffer, byteOffset, length } = frame.first;
  return { status: read, body: Buffer.from(buffer, byteOffset, length) };
}

function answerHead(given: Partial<AnswerHead> | null): AnswerHead {
  const { status = 0, headers, truncated } = given ?? {};
  const isStatus = Number.isInteger(status) && status >= 200 && status <= 999;
  if (!isStatus || !Array.isArray(headers) || headers.length % 2 !== 0) throw new Error('it is no answer');
  const isField = (text: unknown, i: number) => typeof text === 'string' && (i % 2 === 0 ? NAME : VALUE).test(text);
  if (!headers.every(isField)) throw new Error('it is no answer');
  return { status, headers, truncated: truncated === true };
}

/** How it goes, and what the function answered. @param waitedSeconds that were asked for and allowed; undefined: none */
export function statusReply({ status, body }: Invocation, waitedSeconds: number | undefined): Reply {
  const { response, ...rest } = status;
  const answer = response && {
    status: response.status,
    headers: headersByName(response.headers),
    ...content(body),
    truncated: response.truncated,
  };
  const headers = ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store'];
  if (waitedSeconds !== undefined) headers.push('preference-applied', `wait=${waitedSeconds}`);
  return { status: 200, headers, body: `${JSON.stringify({ ...rest, ...(answer && { response: answer }) })}\n` };
}

/** By lower-case name; of one that comes several times, all values. */
function headersByName(fields: readonly string[]): Record<string, string | string[]> {
  const byName = new Map<string, string | string[]>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const before = byName.get(name);
    const value = fields[i + 1] as string;
    // Not a new list for each value: a function may have answered one name thousands of times.
    if (Array.isArray(before)) before.push(value);
    else byName.set(name, before === undefined ? value : [before, value]);
  }
  return Object.fromEntries(byName);
}

/** As text where it is UTF-8. */
function content(body: Buffer): { body: string } | { bodyBase64: string } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    return { bodyBase64: body.toString('base64') };
  }
}

/** The function's answer once more, as it was. */
export function responseReply({ status: { id, status, response }, body }: Invocation): Reply | GatewayError {
  if (response === undefined) return noInvocation(`${id} is ${status}, and there is no answer of the function`);
  if (response.truncated)
    return noInvocation(`the answer of ${id} was larger than is kept; its status has the beginning`);
  const kept = responseHeaders(response.headers, response.status, false);
  const headers = kept.filter((_, i) => !NOT_REPLAYED.has((kept[i - (i % 2)] as string).toLowerCase()));
  return { status: response.status, headers, body: body.toString('latin1'), isBinary: true };
}

export function noInvocation(message: string): GatewayError {
  return { code: 'InvocationNotFound', message };
}
