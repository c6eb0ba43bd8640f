import { CALLER_HEADER_PREFIX, HEADER, INTERNAL_HEADER_PREFIX } from '#api/names.ts';
import { appendForwarding, type Client, isForwardingName } from '../inbound/forwarding.ts';
import { NameTable } from '../upstream/http1/name-table.ts';

/** A request's headers as they go to a replica. */
export interface RequestHeaders {
  /** Name, value, name, value, … as the client spelled them. */
  headers: string[];
  /** Whether a body follows. */
  hasBody: boolean;
  /** How long it is, where that is said beforehand. */
  bodyBytes: number | undefined;
  /** The client's own X-Request-Id, where it is one that may be passed on. */
  requestId: string | undefined;
  /** Address of the client: the other end of the connection, or the one that it names if it is a trusted proxy. */
  clientAddress: string;
  /** How the client came, as far as the gateway knows: `http` or `https`. */
  readonly clientProtocol: string;
}

/** Names of Catnap's own headers begin so; with underscores too, for what stands on CGI takes them for the same. */
const INTERNAL_NAME = new RegExp(`^${INTERNAL_HEADER_PREFIX.replaceAll('-', '[-_]')}`, 'i');
const LETTER_C = 0x63;

/** What becomes of a header that is not passed on as it is. */
type Part =
  /** Between two neighbours only (RFC 9110, 7.6.1); the other side of a proxy has its own. */
  | 'hop'
  /** The gateway's to say, and dropped. */
  | 'delivery'
  /** Says that a body follows. */
  | 'coding'
  /** Says that one follows, and is passed on. */
  | 'length'
  /** Names the client and proxies: replaced, or continued where a trusted proxy sent it. */
  | 'forwarding'
  /** Announces trailers, which only an answer in chunks can have. */
  | 'trailer'
  /** Read, and written anew: whether trailers are read, and the request id. */
  | 'noted'
  /** Set by the gateway on every answer; a replica's is dropped. */
  | 'own';

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'upgrade',
  // Said anew where the client still waits for 100.
  'expect',
  'http2-settings',
  // Said in one way alone.
  'host',
];
const FORWARDING = [
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'],
  ...['x-real-ip', 'x_real_ip', 'x-real_ip', 'x_real-ip'],
];
/** What only the gateway says, of what it delivers later; with underscores too. */
const DELIVERY = [HEADER.invocationId, HEADER.attempt].flatMap(spelledWithEither);
const partsOf = (names: readonly string[], part: Part) => names.map((name) => [name, part] as const);

const OF_REQUEST = new NameTable<Part>([
  ...partsOf(HOP_BY_HOP, 'hop'),
  ...partsOf(DELIVERY, 'delivery'),
  ...partsOf(['transfer-encoding'], 'coding'),
  ...partsOf(['content-length'], 'length'),
  ...partsOf(FORWARDING, 'forwarding'),
  ...partsOf([HEADER.requestId, 'te'], 'noted'),
]);
const OF_ANSWER = new NameTable<Part>([
  ...partsOf([...HOP_BY_HOP, 'te'], 'hop'),
  ...partsOf(['transfer-encoding'], 'coding'),
  ...partsOf(['content-length'], 'length'),
  ...partsOf(['trailer'], 'trailer'),
  ...partsOf([HEADER.requestId, HEADER.coldStart, HEADER.notStarted, HEADER.full], 'own'),
]);
/** What a trailer cannot be (RFC 9110, 6.5.1): what had to be known before the body. */
const NO_TRAILER = new NameTable<true>(
  [
    ...HOP_BY_HOP,
    ...FORWARDING,
    ...DELIVERY,
    HEADER.requestId,
    'te',
    'trailer',
    'transfer-encoding',
    'content-length',
    'authorization',
    'set-cookie',
  ].map((name) => [name, true]),
);
const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;
const READS_TRAILERS = /(?:^|[,\s])trailers(?:$|[,;\s])/i;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * What a replica gets: Host as the client asked for it, once, then end-to-end headers in their order, nothing of
 * Catnap's own from outside, and the client's address (forwarding.ts). The request's id is to be added by the caller. No Via is
 * added, though a gateway should (RFC 9110, 7.6.3): nginx in a function's image does not compress what it answers where it
 * sees one, and Forwarded says as much; one that is there is passed on.
 */
export function requestHeaders(raw: readonly string[], client: Client): RequestHeaders {
  const named = connectionNames(raw);
  const headers: string[] = ['host', client.host];
  const noted: Record<string, string> = {};
  let hasBody = false;
  let bodyBytes: number | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const part = OF_REQUEST.find(name);
    if (part === 'coding') hasBody = true;
    else if (part === 'length') {
      bodyBytes = Number(value);
      hasBody ||= bodyBytes > 0;
    }
    if (staysHere(part, name, named) || isDisbelieved(part, name, client)) continue;
    if (part === undefined || part === 'length') headers.push(name, value);
    else note(noted, name.toLowerCase(), value);
  }
  const { address: clientAddress, protocol: clientProtocol } = appendForwarding(headers, noted, client);
  if (noted.te !== undefined && READS_TRAILERS.test(noted.te)) headers.push('te', 'trailers');
  return {
    headers,
    hasBody,
    bodyBytes,
    requestId: requestIdOf(noted[HEADER.requestId]),
    clientAddress,
    clientProtocol,
  };
}

/** All spellings of a name that what stands on CGI takes for the same. */
function spelledWithEither(name: string): string[] {
  const [first = '', ...rest] = name.split('-');
  return rest.reduce((names, part) => names.flatMap((one) => [`${one}-${part}`, `${one}_${part}`]), [first]);
}

/**
 * Whether a field that a gateway has sent to a replica, or would have, may be sent once more, later, by another: not what frames
 * the message, belongs to a connection, or is said anew. @param name in any case
 */
export function outlivesRequest(name: string): boolean {
  if (isInternalName(name)) return name.toLowerCase().startsWith(CALLER_HEADER_PREFIX);
  const part = OF_REQUEST.find(name);
  if (part === 'forwarding' || isForwardingName(name)) return !name.includes('_');
  return part === undefined || (part === 'hop' && name.toLowerCase() === 'host');
}

function note(noted: Record<string, string>, name: string, value: string): void {
  const before = noted[name];
  noted[name] = before === undefined || before === '' ? value : `${before}, ${value}`;
}

function staysHere(part: Part | undefined, name: string, named: ReadonlySet<string>): boolean {
  if (part === 'hop' || part === 'coding' || part === 'delivery') return true;
  return isInternalName(name) || (named.size > 0 && named.has(name.toLowerCase()));
}

function isInternalName(name: string): boolean {
  // The third letter first: most names that begin with x go no further.
  return (name.charCodeAt(2) | 32) === LETTER_C && INTERNAL_NAME.test(name);
}

function requestIdOf(given: string | undefined): string | undefined {
  return given !== undefined && isRequestId(given) ? given : undefined;
}

/** Whether it is fit to be passed on, and to be logged. */
export function isRequestId(text: string): boolean {
  return REQUEST_ID.test(text);
}

/** A forwarding header from a client that is no trusted proxy; or one with an underscore, which no proxy writes. */
function isDisbelieved(part: Part | undefined, name: string, client: Client): boolean {
  if (part === undefined ? !isForwardingName(name) : part !== 'forwarding') return false;
  return client.proxies === undefined || name.includes('_');
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

/**
 * What the client gets of a replica's headers; name, value, name, value, … The gateway's own are to be added by the
 * caller. Trailers are passed on where the client gets the answer in chunks; there alone they may be announced.
 * @param takesChunks false: to HTTP/1.0, and to HEAD.
 */
export function responseHeaders(from: readonly string[], status: number, takesChunks: boolean): string[] {
  const named = connectionNames(from);
  const headers: string[] = [];
  let mayTrail = takesChunks && hasBody(status);
  let trails = false;
  for (let i = 0; i + 1 < from.length; i += 2) {
    const name = from[i] as string;
    const part = OF_ANSWER.find(name);
    if (part === 'length') mayTrail = false;
    else if (part === 'trailer') trails = true;
    if (part !== undefined && (part !== 'length' || !mayHaveLength(status))) continue;
    if (named.size === 0 || !named.has(name.toLowerCase())) headers.push(name, from[i + 1] as string);
  }
  if (mayTrail && trails) headers.push('trailer', announcedTrailers(from));
  return headers;
}

function hasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/** Content-Length is allowed without a body where it describes another answer (RFC 9110, 8.6), else a client waits for one. */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204;
}

function announcedTrailers(from: readonly string[]): string {
  return from.filter((_, i) => i % 2 === 1 && from[i - 1]?.toLowerCase() === 'trailer').join(', ');
}

/** What may be passed on of a message's trailers, either way; name, value, … */
export function trailers(from: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < from.length; i += 2) {
    const name = from[i] as string;
    if (NO_TRAILER.find(name) !== undefined || isForwardingName(name)) continue;
    if (isInternalName(name)) continue;
    kept.push(name, from[i + 1] as string);
  }
  return kept;
}
