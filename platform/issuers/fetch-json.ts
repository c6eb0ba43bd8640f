/** Documents from addresses that tenants write: one GET, without redirects, within bounds of time, size and reach. */
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { ReachableAddresses } from './reachable-addresses.ts';

export interface FetchRules {
  readonly addresses: ReachableAddresses;
  /** Whether `http:` is called at all. */
  readonly allowHttp: boolean;
  /** Bytes of a document. */
  readonly maxBytes: number;
  /** From the first to the last byte, the name's look-up included. */
  readonly timeoutMs: number;
}

/** The address is not called, whatever is at it. */
export class NotAllowed extends Error {
  /** Why, without the address: for those that wrote another one, which led to it. */
  readonly told: string;

  constructor(message: string, told: string) {
    super(message);
    this.told = told;
  }
}

const NAME_SERVER_LIMITS = { timeout: 1_000, tries: 2 };

/** The error says what went wrong in one sentence; nothing of what the other side sent is in it. */
export async function fetchJson(address: string, rules: FetchRules): Promise<unknown> {
  const url = urlOf(address, rules);
  const timeout = AbortSignal.timeout(rules.timeoutMs);
  try {
    return JSON.parse(await bodyOf(url, rules, timeout));
  } catch (error) {
    if (timeout.aborted) throw new Error(`no answer from ${url.host} within ${rules.timeoutMs / 1000} s`);
    if (error instanceof SyntaxError) throw new Error(`the answer of ${url.host} is not JSON`);
    throw error;
  }
}

function urlOf(address: string, { addresses, allowHttp }: FetchRules): URL {
  const url = URL.parse(address);
  if (url === null) throw new Error('the address is no URL');
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:'))
    throw new NotAllowed(`only https is called, not ${url.protocol}//${url.host}`, 'only https is called');
  if (url.username !== '' || url.password !== '') {
    const message = 'an address with a password is not called';
    throw new NotAllowed(message, message);
  }
  // Of a literal address there is no look-up in which it could be checked.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !addresses.has(host)) throw notReachable(url.host);
  return url;
}

function notReachable(host: string): NotAllowed {
  const why = 'is not public, and not among those that this installation allows';
  return new NotAllowed(`the address of ${host} ${why}`, `its address, or that of its keys, ${why}`);
}

/**
 * The address that was checked is the one that is called: a name is looked up once. Asks name servers directly, for the
 * system's look-ups take turns in few threads, which a name without an answer would hold.
 */
function checkedLookup(addresses: ReachableAddresses): LookupFunction {
  return (host, { all = false }, done) => {
    addressesOf(host).then(
      (found) => {
        const allowed = found.filter(({ address }) => addresses.has(address));
        const [first] = allowed;
        if (first === undefined) done(notReachable(host), '', 0);
        else if (all) done(null, allowed);
        else done(null, first.address, first.family);
      },
      () => done(new Error(`there is no address for ${host}`), '', 0),
    );
  };
}

/** Rejects where there are none. @param host a full name: no search domain is added */
async function addressesOf(host: string): Promise<LookupAddress[]> {
  const resolver = new Resolver(NAME_SERVER_LIMITS);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
  return [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 })),
  ];
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
