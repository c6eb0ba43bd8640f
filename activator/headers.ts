import { HEADER, INTERNAL_HEADER_PREFIX } from '#api/names.ts';

/** A request's headers as they go to a replica. */
export interface RequestHeaders {
  /** Name, value, name, value, … as the client spelled them. */
  headers: string[];
  /** Whether a body follows. */
  hasBody: boolean;
  /** The client's own X-Request-Id, where it is one that may be passed on. */
  requestId: string | undefined;
}

/** Who asks, for the forwarding headers. */
export interface Client {
  /** Remote address. */
  address: string;
  protocol: 'http' | 'https';
  /** Host and port that were asked for, as the client wrote them. */
  host: string;
}

/** Between two neighbours only (RFC 9110, 7.6.1); the other side of a proxy has its own. Host is said in one way alone. */
const HOP_BY_HOP = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered here: 100 is sent when the replica begins to take the body.
  'expect',
  'http2-settings',
]);
const FORWARDING = new Set(['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', HEADER.requestId]);
const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * What a replica gets: Host as the client asked for it, once, then end-to-end headers in their order, nothing of
 * Catnap's own from outside, and who asked. The request's id is to be added by the caller.
 */
export function requestHeaders(raw: readonly string[], client: Client): RequestHeaders {
  const named = connectionNames(raw);
  const headers: string[] = client.host === '' ? [] : ['host', client.host];
  const forwarding: Record<string, string> = {};
  let hasBody = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding' || (lower === 'content-length' && value !== '0')) hasBody = true;
    if (staysHere(lower, named)) continue;
    if (FORWARDING.has(lower)) forwarding[lower] = after(forwarding[lower], value);
    else headers.push(name, value);
  }
  appendForwarding(headers, forwarding, client);
  const id = forwarding[HEADER.requestId];
  return { headers, hasBody, requestId: id !== undefined && REQUEST_ID.test(id) ? id : undefined };
}

function staysHere(name: string, named: ReadonlySet<string>): boolean {
  return HOP_BY_HOP.has(name) || named.has(name) || name.startsWith(INTERNAL_HEADER_PREFIX);
}

function appendForwarding(headers: string[], before: Record<string, string>, client: Client): void {
  const { address, protocol, host } = client;
  const node = address.includes(':') ? `"[${address}]"` : address;
  const element = `for=${node};host="${host.replaceAll(/["\\]/g, '')}";proto=${protocol}`;
  headers.push(
    'x-forwarded-for',
    after(before['x-forwarded-for'], address),
    'x-forwarded-proto',
    before['x-forwarded-proto'] ?? protocol,
    'x-forwarded-host',
    before['x-forwarded-host'] ?? host,
    'forwarded',
    after(before.forwarded, element),
  );
}

function after(before: string | undefined, next: string): string {
  return before === undefined || before === '' ? next : `${before}, ${next}`;
}

/** Headers that `Connection` declares to be for this hop only. */
function connectionNames(raw: readonly string[]): ReadonlySet<string> {
  let names: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const value = (raw[i + 1] as string).toLowerCase();
    if (value === 'keep-alive' || value === 'close') continue;
    names ??= new Set();
    for (const token of value.split(',')) names.add(token.trim());
  }
  // Naming what frames the message would only break it.
  names?.delete('content-length');
  return names ?? NO_NAMES;
}

/** A replica's headers as undici gives them: lower case, several values as a list. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Said by the gateway itself on every answer, whatever the replica says. */
const OURS = new Set<string>([HEADER.requestId, HEADER.coldStart, HEADER.notStarted, HEADER.full]);

/** What the client gets of a replica's headers; name, value, name, value, … The gateway's own are to be added by the caller. */
export function responseHeaders(from: ResponseHeaders): string[] {
  const named = typeof from.connection === 'string' ? connectionNames(['connection', from.connection]) : NO_NAMES;
  const headers: string[] = [];
  for (const name in from) {
    // Trailers are passed on, so their announcement is.
    if ((HOP_BY_HOP.has(name) && name !== 'trailer') || OURS.has(name) || named.has(name)) continue;
    const value = from[name];
    if (typeof value === 'string') headers.push(name, value);
    else if (value !== undefined) for (const one of value) headers.push(name, one);
  }
  return headers;
}

/** Milliseconds a request spent where, as a `Server-Timing` value. */
export function serverTiming(queueMs: number, coldMs: number, functionMs: number): string {
  return `queue;dur=${tenths(queueMs)}, cold;dur=${tenths(coldMs)}, fn;dur=${tenths(functionMs)}`;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
