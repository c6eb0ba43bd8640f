/** Calls addresses that tenants write: one POST, without redirects, within bounds of time, size and reach. */
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { checkedLookup } from '#platform/addresses/checked-lookup.ts';
import { type AddressRules, checkedUrl, NotAllowed } from '#platform/addresses/checked-url.ts';
import type { Clock } from '#platform/time/clock.ts';

export interface CallRules extends AddressRules {
  clock: Clock;
  /** Finds the address that is called, and no other; undefined: name servers are asked. */
  lookup?: LookupFunction | undefined;
  /** Certificates that are trusted; undefined: those that Node trusts. */
  ca?: string | undefined;
}

interface Call {
  url: string;
  /** Name, value, name, value, … */
  headers: readonly string[];
  body: Uint8Array;
  /** Most that is read of the answer's body. */
  maxBytes: number;
  signal: AbortSignal;
}

/** What came of it. No note names more of the address than its host: the rest may be a secret. */
export type Called =
  | { kind: 'answered'; host: string; status: number; headers: string[]; body: Uint8Array; truncated: boolean }
  /** It may succeed later. */
  | { kind: 'failed'; note: string }
  /** It is not called, whatever is at it. */
  | { kind: 'refused'; note: string };

/** From the first to the last byte, the name's look-up included. */
export const CALL_MS = 30_000;
const MOST_NOTE = 200;

/** Never rejects. */
export async function callUrl(call: Call, rules: CallRules): Promise<Called> {
  let url: URL;
  try {
    url = checkedUrl(call.url, rules);
  } catch (error) {
    return { kind: 'refused', note: `the destination is not called: ${textOf(error)}` };
  }
  const limit = new AbortController();
  const cancel = rules.clock.after(CALL_MS, () => limit.abort());
  try {
    return await answerOf(url, call, { rules, signal: AbortSignal.any([call.signal, limit.signal]) });
  } catch (error) {
    if (error instanceof NotAllowed)
      return { kind: 'refused', note: `the destination is not called: ${error.message}` };
    if (limit.signal.aborted)
      return { kind: 'failed', note: `the destination ${url.host} did not answer within ${CALL_MS / 1_000} s` };
    return { kind: 'failed', note: `the destination ${url.host} cannot be called: ${textOf(error)}` };
  } finally {
    cancel();
  }
}

async function answerOf(url: URL, call: Call, within: { rules: CallRules; signal: AbortSignal }): Promise<Called> {
  const answer = await begun(url, call, within);
  const { statusCode: status = 0, rawHeaders: headers } = answer;
  try {
    if (status >= 300 && status < 400)
      return { kind: 'failed', note: `the destination ${url.host} answered ${status}: redirects are not followed` };
    return { kind: 'answered', host: url.host, status, headers, ...(await beginningOf(answer, call.maxBytes)) };
  } finally {
    answer.destroy();
  }
}

/** Resolves once the head of the answer is there. */
function begun(
  url: URL,
  { headers, body }: Call,
  { rules, signal }: { rules: CallRules; signal: AbortSignal },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    // A connection of its own, which ends with the answer.
    agent: false,
    lookup: rules.lookup ?? checkedLookup(rules.addresses),
    headers: ['host', url.host, ...headers, 'user-agent', 'catnap', 'connection', 'close'],
    maxHeaderSize: 16 * 1_024,
    signal,
    ...(rules.ca !== undefined && { ca: rules.ca }),
  };
  const request = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, options, resolve);
  request.on('upgrade', (_, socket) => {
    socket.destroy();
    reject(new Error('it switches protocols'));
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** What was answered stands, even where its body ends too late, too far or not at all. */
async function beginningOf(answer: IncomingMessage, maxBytes: number): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) return { body: Buffer.concat(chunks).subarray(0, maxBytes), truncated: true };
    }
  } catch {
    return { body: Buffer.concat(chunks), truncated: true };
  }
  return { body: Buffer.concat(chunks), truncated: false };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, MOST_NOTE) : 'unknown error';
}
