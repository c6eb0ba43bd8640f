/** Documents from addresses that tenants write: one GET, without redirects, within bounds of time, size and reach. */
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { checkedLookup } from '../addresses/checked-lookup.ts';
import { type AddressRules, checkedUrl, NotAllowed } from '../addresses/checked-url.ts';

export interface FetchRules extends AddressRules {
  /** Bytes of a document. */
  readonly maxBytes: number;
  /** From the first to the last byte, the name's look-up included. */
  readonly timeoutMs: number;
}

/** The error says what went wrong in one sentence; nothing of what the other side sent is in it. */
export async function fetchJson(address: string, rules: FetchRules): Promise<unknown> {
  const url = checkedUrl(address, rules);
  const timeout = AbortSignal.timeout(rules.timeoutMs);
  try {
    return JSON.parse(await bodyOf(url, rules, timeout));
  } catch (error) {
    if (timeout.aborted) throw new Error(`no answer from ${url.host} within ${rules.timeoutMs / 1000} s`);
    if (error instanceof SyntaxError) throw new Error(`the answer of ${url.host} is not JSON`);
    throw error;
  }
}

function bodyOf(url: URL, rules: FetchRules, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options: RequestOptions = {
    // A connection of its own, which ends with the answer.
    agent: false,
    lookup: checkedLookup(rules.addresses),
    headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'catnap', connection: 'close' },
    maxHeaderSize: 16 * 1024,
    signal,
  };
  const request = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, options, (response) => {
    readBody(response, rules.maxBytes, url.host).then(resolve, (error: unknown) => {
      request.destroy();
      reject(error);
    });
  });
  request.on('upgrade', (_response, socket) => {
    socket.destroy();
    reject(new Error(`${url.host} switches protocols`));
  });
  request.on('error', (error) =>
    reject(error instanceof NotAllowed ? error : new Error(`${url.host} cannot be asked: ${error.message}`)),
  );
  request.end();
  return promise;
}

async function readBody(response: IncomingMessage, maxBytes: number, host: string): Promise<string> {
  if (response.statusCode !== 200) throw new Error(`${host} answers ${response.statusCode}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`${host} answers more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
