/** What a replica learns of a request's client and of the proxies between. Pure. */
import { type ForwardedElement, forwardedElements, HOPS_MAX } from './forwarded-header.ts';
import { type ForwardedNode, nodeName, nodeOf } from './forwarded-node.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** The other end of a connection. */
export interface Client {
  /** Remote address, as `addressOf` gives it; `unknown`: it has left. */
  address: string;
  protocol: 'http' | 'https';
  /** Host and port that were asked for, as the client wrote them; where it wrote none, those that it found. */
  host: string;
  /** Where it is a proxy that is trusted: all that are. Undefined: it is none, and what it says of others does not count. */
  proxies?: TrustedProxies | undefined;
}

/** What a trusted proxy said, by lower-case name; of a header that came several times, the values joined by commas. */
export type ForwardingHeaders = Readonly<Record<string, string | undefined>>;

/** What is true of the request as its client sent it. */
interface Origin {
  address: string;
  protocol: string;
  host: string;
}

const FORWARDING_NAME = /^x[-_]forwarded/i;
const LETTER_F = 0x66;
/** A list is read from its end, which was written last; its nearest so many characters. */
const LIST_MAX_LENGTH = 4_096;
const HOST = /^(?:[\w.~-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;
const PROTOCOLS: Readonly<Record<string, string>> = { http: 'http', https: 'https', ws: 'http', wss: 'https' };

/**
 * Whether a header says for whom a request is forwarded, and so counts from a trusted proxy alone. Names with underscores
 * too: what stands on CGI takes them for the same.
 */
export function isForwardingName(name: string): boolean {
  // The third letter first: most names that begin with x go no further.
  return (name.charCodeAt(2) | 32) === LETTER_F && FORWARDING_NAME.test(name);
}

/**
 * Appends X-Forwarded-For, -Proto, -Host and Forwarded to `headers`, which never contradict each other. Of a connection
 * from a trusted proxy they continue what that said, and X-Real-IP names the client.
 * @returns what is true of the client: its address is the nearest that no trusted proxy has; `unknown` where one of the proxies
 * does not say whom it has the request from, or the connection is gone.
 */
export function appendForwarding(headers: string[], said: ForwardingHeaders, client: Client): Origin {
  const { address, protocol, host, proxies } = client;
  if (proxies !== undefined) return appendToSaid(headers, said, { ...client, proxies });
  headers.push('x-forwarded-for', address, 'x-forwarded-proto', protocol, 'x-forwarded-host', host);
  // The host has been looked at: it has no quotes.
  headers.push('forwarded', `for=${nodeName(address)};host="${host}";proto=${protocol}`);
  return client;
}

function appendToSaid(
  headers: string[],
  said: ForwardingHeaders,
  client: Client & { proxies: TrustedProxies },
): Origin {
  const read = said.forwarded === undefined ? [] : (forwardedElements(said.forwarded) ?? []);
  const hops = hopsOf(said, read);
  const nearest = nearestUntrusted(hops, client.proxies);
  const elements = speakOf(hops, read) ? read : [];
  const before = elements.slice(nearest);
  const named = { protocol: protocolOf(firstSaid(before, 'proto')), host: hostOf(firstSaid(before, 'host')) };
  const origin: Origin = {
    address: hops[nearest]?.address ?? client.address,
    protocol: protocolOf(lastOf(said['x-forwarded-proto'])) ?? named.protocol ?? client.protocol,
    host: hostOf(lastOf(said['x-forwarded-host'])) ?? named.host ?? client.host,
  };
  const agrees = (named.protocol ?? client.protocol) === origin.protocol && (named.host ?? client.host) === origin.host;
  headers.push('x-forwarded-for', [...hops.map(({ listed }) => listed), client.address].join(', '));
  headers.push('x-forwarded-proto', origin.protocol, 'x-forwarded-host', origin.host);
  const way = elements.length > 0 && agrees ? elements.map(({ text }) => text) : wayOf(hops, nearest, origin);
  headers.push(
    'forwarded',
    [...way, elementOf(nodeName(client.address), hops.length > 0 ? undefined : origin)].join(', '),
  );
  headers.push('x-real-ip', origin.address);
  const port = lastOf(said['x-forwarded-port']);
  if (port !== undefined && /^\d{1,5}$/.test(port)) headers.push('x-forwarded-port', port);
  return isHidden(hops, nearest, client.proxies) ? { ...origin, address: 'unknown' } : origin;
}

/** Whether the client is farther away than what is known: a proxy that is trusted does not name it. It is not that proxy then. */
function isHidden(hops: readonly ForwardedNode[], nearest: number, proxies: TrustedProxies): boolean {
  if (hops.length === 0) return false;
  const address = hops[nearest]?.address;
  return address === undefined || (nearest > 0 && proxies(address));
}

/** Nearest last. X-Forwarded-For, which most proxies write, counts first: what they pass on without reading it can be forged. */
function hopsOf(said: ForwardingHeaders, elements: readonly ForwardedElement[]): ForwardedNode[] {
  const listed = listOf(said['x-forwarded-for']);
  if (listed.length > 0) return listed.map(nodeOf);
  if (elements.length > 0) return elements.map(({ node }) => node);
  const real = nodeOf(said['x-real-ip'] ?? '');
  return real.address === undefined ? [] : [real];
}

/** Index of the client: the nearest hop that is no trusted proxy, else the farthest that is known, else the last. */
function nearestUntrusted(hops: readonly ForwardedNode[], proxies: TrustedProxies): number {
  let found = Math.max(0, hops.length - 1);
  for (let i = hops.length - 1; i >= 0; i -= 1) {
    const address = hops[i]?.address;
    if (address === undefined) break;
    found = i;
    if (!proxies(address)) break;
  }
  return found;
}

/** Whether `Forwarded` names the same hops. */
function speakOf(hops: readonly ForwardedNode[], elements: readonly ForwardedElement[]): boolean {
  return (
    elements.length === hops.length &&
    hops.every(({ address, listed }, i) => {
      const { node } = elements[i] as ForwardedElement;
      return address === undefined ? node.listed === listed : node.address === address;
    })
  );
}

/** As elements of `Forwarded` (RFC 7239, 7.4): host and protocol stand in the element of the proxy that the client connected to. */
function wayOf(hops: readonly ForwardedNode[], nearest: number, origin: Origin): string[] {
  return hops.map(({ named }, i) => elementOf(named, i === nearest ? origin : undefined));
}

function elementOf(named: string, origin: Origin | undefined): string {
  return origin === undefined ? `for=${named}` : `for=${named};host="${origin.host}";proto=${origin.protocol}`;
}

function firstSaid(elements: readonly ForwardedElement[], what: 'proto' | 'host'): string | undefined {
  return elements.find((element) => element[what] !== undefined)?.[what];
}

/** The nearest elements of a list, those that are not empty; one that is cut off is none. */
function listOf(value: string | undefined): string[] {
  if (value === undefined) return [];
  const near = value.length > LIST_MAX_LENGTH ? value.slice(-LIST_MAX_LENGTH).replace(/^[^,]*,?/, '') : value;
  const elements = near.split(',').map((one) => one.trim().replace(/^"(.*)"$/, '$1'));
  return elements.filter((one) => one !== '').slice(-HOPS_MAX);
}

function lastOf(value: string | undefined): string | undefined {
  return listOf(value).at(-1);
}

/** As URLs of requests have it. Undefined: none of these. */
function protocolOf(text: string | undefined): string | undefined {
  const name = text?.toLowerCase() ?? '';
  return Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined;
}

/** Undefined: it is none. */
function hostOf(text: string | undefined): string | undefined {
  return text !== undefined && HOST.test(text) ? text : undefined;
}
