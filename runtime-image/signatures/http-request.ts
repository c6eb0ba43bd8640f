import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { http } from '../builtin.ts';
import { hideInternalHeaders } from '../internal-headers.ts';
import { accepted } from './accept.ts';
import type { ServedResponse } from './http-response.ts';
import { mediaType, typeOf } from './media-type.ts';
import type { ParsedBody } from './parsed-body.ts';

/** Node's own request, with what the Functions Framework's handlers are promised: the names are Express's. */
export class ServedRequest extends http.IncomingMessage {
  declare body: unknown;
  declare rawBody: Buffer | undefined;
  declare res: ServedResponse;
  declare originalUrl: string;
  declare baseUrl: string;
  /** `0`: the path without its first slash. */
  declare params: Readonly<Record<string, string>>;

  get(name: string): string | string[] | undefined {
    const key = name.toLowerCase();
    if (key === 'referer' || key === 'referrer') return this.headers.referer ?? this.headers.referrer;
    return this.headers[key];
  }
  header(name: string): string | string[] | undefined {
    return this.get(name);
  }

  get path(): string {
    return pathOf(this.url);
  }
  get query(): Readonly<Record<string, string | string[]>> {
    const text = this.url?.split('?', 2)[1] ?? '';
    const query: Record<string, string | string[]> = Object.create(null);
    for (const [name, value] of new URLSearchParams(text)) {
      const before = query[name];
      query[name] = before === undefined ? value : [before, value].flat();
    }
    // Looked at again, it is the same object: middleware may write to it.
    Object.defineProperty(this, 'query', { value: query, writable: true, configurable: true, enumerable: true });
    return query;
  }

  /** The gateway says whom it speaks for. */
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
    return this.host?.replace(/:\d+$/, '');
  }
  get xhr(): boolean {
    return String(this.headers['x-requested-with']).toLowerCase() === 'xmlhttprequest';
  }

  /** The first of `types` that the body's type is, such as `json`, `text/*` or `application/json`; false: none. */
  is(...types: (string | string[])[]): string | false {
    const type = mediaType(this.headers['content-type']);
    if (type === '') return false;
    const match = types.flat().find((wanted) => fits(type, wanted));
    if (match === undefined) return false;
    return match.includes('*') ? type : match;
  }

  /** The one of `types` that the client likes best; false: none; without arguments all that it likes, best first. */
  accepts(...types: (string | string[])[]): string | string[] | false {
    return accepted(this.headers.accept, types.flat());
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
  const url = message.url ?? '/';
  return Object.assign(request, {
    ...parsed,
    originalUrl: url,
    baseUrl: '',
    params: { 0: pathOf(url).slice(1) },
  });
}

function pathOf(target = '/'): string {
  return target.split('?', 1)[0] || '/';
}

function listOf(value: string | string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function fits(type: string, wanted: string): boolean {
  if (wanted.startsWith('+')) return type.endsWith(wanted);
  const [main, sub] = typeOf(wanted).split('/');
  const [typeMain, typeSub] = type.split('/');
  const isSub = sub === '*' || sub === typeSub || (sub?.startsWith('*+') && typeSub?.endsWith(sub.slice(1)));
  return (main === '*' || main === typeMain) && isSub === true;
}
