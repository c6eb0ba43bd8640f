import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { http, net } from '../builtin.ts';
import { hideInternalHeaders } from '../http/internal-headers.ts';
import { acceptedCharset, acceptedEncoding, acceptedLanguage, acceptedType } from './accept.ts';
import { isFresh } from './conditional.ts';
import { matchingType, mediaType } from './media-type.ts';
import type { ParsedBody } from './parsed-body.ts';
import { percentDecoded } from './percent.ts';

const { parse: parseQuery } = process.getBuiltinModule('node:querystring');

/** What stands in a query, by name; of a name that comes several times all. */
type Query = Record<string, string | string[] | undefined>;
/** On a request: its query, and the URL that it was read from. */
const QUERY = Symbol('query');

/** Node's own request, with what the Functions Framework's handlers are promised: the names are Express's. */
export class ServedRequest extends http.IncomingMessage {
  declare body: unknown;
  declare rawBody: Buffer | undefined;
  declare res: ServerResponse;
  declare originalUrl: string;
  declare baseUrl: string;
  /** `0`: the path without its first slash; `splat`: the parts of it. */
  declare params: Readonly<Record<string, string | string[]>>;
  declare [QUERY]: { url: string | undefined; query: Query } | undefined;

  get(name: string): string | string[] | undefined {
    const key = name.toLowerCase();
    if (key === 'referer' || key === 'referrer') return this.headers.referrer ?? this.headers.referer;
    return this.headers[key];
  }
  header(name: string): string | string[] | undefined {
    return this.get(name);
  }

  get path(): string {
    return targetOf(this.url).path;
  }
  /** As `node:querystring` reads it. Looked at again, it is the same object: middleware may write to it. */
  get query(): Query {
    if (this[QUERY] === undefined || this[QUERY].url !== this.url) {
      this[QUERY] = { url: this.url, query: parseQuery(targetOf(this.url).query) };
    }
    return this[QUERY].query;
  }
  set query(query: Query) {
    this[QUERY] = { url: this.url, query };
  }

  /** As the gateway lists them in X-Forwarded-For. */
  get ips(): string[] {
    return listOf(this.headers['x-forwarded-for']);
  }
  /** X-Real-IP is there where a trusted proxy is; the first of the list may be what the client said of itself. */
  get ip(): string | undefined {
    return listOf(this.headers['x-real-ip'])[0] ?? this.ips[0] ?? this.socket.remoteAddress;
  }
  get protocol(): string {
    const given = listOf(this.headers['x-forwarded-proto'])[0];
    return given ?? ((this.socket as TLSSocket).encrypted ? 'https' : 'http');
  }
  get secure(): boolean {
    return this.protocol === 'https';
  }
  get host(): string | undefined {
    return listOf(this.headers['x-forwarded-host'])[0] ?? this.headers.host;
  }
  get hostname(): string | undefined {
    return this.host === undefined ? undefined : /^(?:\[[^\]]*\])?[^:]*/.exec(this.host)?.[0];
  }
  get subdomains(): string[] {
    const { hostname } = this;
    if (hostname === undefined) return [];
    return (net.isIP(hostname) === 0 ? hostname.split('.').reverse() : [hostname]).slice(2);
  }
  get xhr(): boolean {
    return String(this.headers['x-requested-with']).toLowerCase() === 'xmlhttprequest';
  }

  /** The client has what `res` is about to send already. */
  get fresh(): boolean {
    const { method, res } = this;
    const isRead = method === 'GET' || method === 'HEAD' || method === 'QUERY';
    if (!isRead || !((res.statusCode >= 200 && res.statusCode < 300) || res.statusCode === 304)) return false;
    const header = (name: string) => res.getHeader(name)?.toString();
    return isFresh(this.headers, { etag: header('ETag'), lastModified: header('Last-Modified') });
  }
  get stale(): boolean {
    return !this.fresh;
  }

  /** The first of `types` that the body's type is, such as `json`, `text/*` or `application/json`; false: none; null: no body. */
  is(...types: (string | string[])[]): string | false | null {
    const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = this.headers;
    if (length === undefined && encoding === undefined) return null;
    return matchingType(mediaType(type), types.flat());
  }

  /** The one of `types` that the client likes best; false: none; without arguments all that it likes, best first. */
  accepts(...types: (string | string[])[]): string | string[] | false {
    return acceptedType(this.headers.accept, types.flat());
  }
  acceptsEncodings(...names: (string | string[])[]): string | string[] | false {
    return acceptedEncoding(textOf(this.headers['accept-encoding']), names.flat());
  }
  acceptsCharsets(...names: (string | string[])[]): string | string[] | false {
    return acceptedCharset(textOf(this.headers['accept-charset']), names.flat());
  }
  acceptsLanguages(...names: (string | string[])[]): string | string[] | false {
    return acceptedLanguage(this.headers['accept-language'], names.flat());
  }
}

// Node makes it of as many raw headers as came, and the gateway's are no longer among them. It is a property by its type.
Object.defineProperty(ServedRequest.prototype, 'headersDistinct', {
  get(this: ServedRequest) {
    const value: Record<string, string[]> = Object.create(null);
    for (let index = 0; index < this.rawHeaders.length; index += 2) {
      const name = this.rawHeaders[index]?.toLowerCase() ?? '';
      value[name] ??= [];
      value[name].push(this.rawHeaders[index + 1] ?? '');
    }
    Object.defineProperty(this, 'headersDistinct', { value, writable: true, configurable: true });
    return value;
  },
  configurable: true,
});

/** Makes `message` one. */
export function servedRequestOf(message: IncomingMessage, parsed: ParsedBody): ServedRequest {
  const request = Object.setPrototypeOf(hideInternalHeaders(message), ServedRequest.prototype) as ServedRequest;
  const { url = '/' } = message;
  const [, ...parts] = targetOf(url).path.split('/');
  return Object.assign(request, {
    ...parsed,
    originalUrl: url,
    baseUrl: '',
    params: { 0: parts.join('/'), splat: parts.map(percentDecoded) },
  });
}

/** @param target the request line's: origin form, or absolute form. */
function targetOf(target = '/'): { path: string; query: string } {
  const absolute = target.startsWith('/') ? null : URL.parse(target);
  const text = absolute === null ? target : absolute.pathname + absolute.search;
  const [path, ...query] = text.split('#', 1)[0]?.split('?') ?? [];
  return { path: path || '/', query: query.join('?') };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function listOf(value: string | string[] | undefined): string[] {
  return (textOf(value) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
