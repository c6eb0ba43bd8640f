/** What of a request and of its answer passes a proxy that belongs to the API server. Pure. */

/** Of one connection (RFC 9110, 7.6.1), and what proxies have made of it. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect', // answered by the server's own parser
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** The page is of the API server's origin: what another origin may do there is not the service's to say. */
const CORS = /^access-control-allow-(credentials|headers|methods|origin)$/;
/** Who asks is the API server's to know alone. */
const OF_THE_CALLER = /^(authorization|impersonate-.*)$/;

/** Names and values in turn, as Node has them. */
type RawHeaders = readonly string[];

interface Arrival {
  rawHeaders: RawHeaders;
  /** Of the client. */
  address: string;
  /** Path of the request to the API server. */
  path: string;
}

/** What the service is sent, names and values in turn. */
export function requestHeaders({ rawHeaders, address, path }: Arrival): string[] {
  const kept = endToEnd(rawHeaders, (name) => OF_THE_CALLER.test(name) || /^x-forwarded-(for|uri)$/.test(name));
  const before = valuesOf(rawHeaders, 'x-forwarded-for');
  const chunked = valuesOf(rawHeaders, 'transfer-encoding').length > 0;
  return [
    ...kept,
    ...['X-Forwarded-For', [...before, address].join(', ')],
    ...['X-Forwarded-Uri', path],
    ...(chunked ? ['Transfer-Encoding', 'chunked'] : []),
  ];
}

interface Answer {
  rawHeaders: RawHeaders;
  location: LocationRules;
}

/** What the client is answered, names and values in turn. */
export function responseHeaders({ rawHeaders, location }: Answer): string[] {
  const kept = endToEnd(rawHeaders, (name) => CORS.test(name));
  return kept.map((text, index) =>
    index % 2 === 1 && kept[index - 1]?.toLowerCase() === 'location' ? rewriteLocation(text, location) : text,
  );
}

interface LocationRules {
  /** Of the endpoint: `127.1.0.1:8080`. */
  endpoint: string;
  /** The Host header of the client. */
  host: string;
  /** Path of the API server that stands for the service's `/`, without a slash at its end. */
  prefix: string;
}

/** An absolute path of the service as a path of the API server; another server's address, and what is relative, as it is. */
export function rewriteLocation(location: string, { endpoint, host, prefix }: LocationRules): string {
  const match = /^((?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*))?([^?#]*)(.*)$/is.exec(location);
  const [, origin = '', authority = '', path = '', rest = ''] = match ?? [];
  const isElsewhere = authority !== '' && authority !== endpoint && authority !== host;
  if (isElsewhere || !path.startsWith('/')) return location;
  const kept = authority !== '' && authority === host ? origin : '';
  return `${kept}${path.startsWith(prefix) ? path : prefix + path}${rest}`;
}

function endToEnd(rawHeaders: RawHeaders, isLeftOut: (name: string) => boolean): string[] {
  const named = valuesOf(rawHeaders, 'connection').flatMap((value) => value.toLowerCase().split(/[\s,]+/));
  const kept: string[] = [];
  for (const [name, value] of pairsOf(rawHeaders)) {
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.includes(lower) && !isLeftOut(lower)) kept.push(name, value);
  }
  return kept;
}

function valuesOf(rawHeaders: RawHeaders, wanted: string): string[] {
  return pairsOf(rawHeaders).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}

function pairsOf(rawHeaders: RawHeaders): [name: string, value: string][] {
  return rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  );
}
