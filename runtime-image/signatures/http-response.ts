import type { ServerResponse } from 'node:http';
import { http } from '../builtin.ts';
import { type CookieOptions, cookieHeader } from './cookie.ts';
import { typeOf, withCharset } from './media-type.ts';

type HeaderValue = string | number | readonly string[];

/** Node's own response, with what the Functions Framework's handlers are promised: the names are Express's. */
export class ServedResponse extends http.ServerResponse {
  declare locals: Record<string, unknown>;

  status(code: number): this {
    if (!Number.isInteger(code) || code < 100 || code > 999) {
      throw new RangeError(`${JSON.stringify(code)} is no status: res.status() takes a whole number from 100 to 999`);
    }
    this.statusCode = code;
    return this;
  }
  sendStatus(code: number): this {
    this.status(code);
    return this.type('txt').send(http.STATUS_CODES[code] ?? String(code));
  }

  /** A string is HTML, bytes are bytes, nothing is empty, all else is JSON; unless `Content-Type` was set. */
  send(body?: unknown): this {
    if (body === undefined || body === null) return finish(this, '');
    if (typeof body === 'string') {
      typeUnlessSet(this, 'html');
      return finish(this, body);
    }
    if (!ArrayBuffer.isView(body)) return this.json(body);
    typeUnlessSet(this, 'bin');
    return finish(this, new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  json(value?: unknown): this {
    const text = JSON.stringify(value);
    typeUnlessSet(this, 'json');
    return finish(this, text ?? '');
  }

  set(name: string | Readonly<Record<string, HeaderValue>>, value?: HeaderValue): this {
    if (typeof name !== 'string') {
      for (const [key, one] of Object.entries(name)) this.set(key, one);
      return this;
    }
    const text = typeof value === 'object' ? value.map(String) : String(value);
    const isType = name.toLowerCase() === 'content-type';
    this.setHeader(name, isType ? withCharset(String(text)) : text);
    return this;
  }
  header(name: string | Readonly<Record<string, HeaderValue>>, value?: HeaderValue): this {
    return this.set(name, value);
  }
  get(name: string): HeaderValue | undefined {
    return this.getHeader(name);
  }
  append(name: string, value: string | readonly string[]): this {
    this.appendHeader(name, value);
    return this;
  }
  type(nameOrType: string): this {
    return this.set('Content-Type', typeOf(nameOrType));
  }
  contentType(nameOrType: string): this {
    return this.type(nameOrType);
  }
  vary(field: string | readonly string[]): this {
    const before = [this.getHeader('Vary') ?? []].flat().flatMap((line) => String(line).split(/\s*,\s*/));
    const added = [field].flat().filter((one) => !before.some((old) => old.toLowerCase() === one.toLowerCase()));
    return this.set('Vary', [...before, ...added].join(', '));
  }
  attachment(filename?: string): this {
    if (filename === undefined) return this.set('Content-Disposition', 'attachment');
    const plain = filename.replace(/[^\x20-\x7e]|["\\]/g, '?');
    const encoded = plain === filename ? '' : `; filename*=UTF-8''${encodeURIComponent(filename)}`;
    if (filename.includes('.')) this.type(filename);
    return this.set('Content-Disposition', `attachment; filename="${plain}"${encoded}`);
  }

  location(url: string): this {
    return this.set('Location', encodedUrl(url));
  }
  redirect(statusOrUrl: number | string, url?: string): void {
    const [status, to] = typeof statusOrUrl === 'number' ? [statusOrUrl, url ?? '/'] : [302, statusOrUrl];
    this.status(status).location(to).type('txt');
    this.send(`${http.STATUS_CODES[status] ?? status}. Redirecting to ${this.getHeader('Location')}`);
  }
  cookie(name: string, value: unknown, options: CookieOptions = {}): this {
    return this.append('Set-Cookie', cookieHeader(name, value, options, Date.now()));
  }
  clearCookie(name: string, options: CookieOptions = {}): this {
    const { maxAge: _, ...rest } = options;
    return this.cookie(name, '', { ...rest, expires: new Date(1) });
  }
}

// Not private methods: the object was made by Node, and only its prototype is this class's.
function typeUnlessSet(response: ServedResponse, name: string): void {
  if (!response.hasHeader('Content-Type')) response.type(name);
}

function finish<R extends ServedResponse>(response: R, body: string | Uint8Array): R {
  if (response.statusCode === 204 || response.statusCode === 304) {
    for (const name of ['Content-Type', 'Content-Length', 'Transfer-Encoding']) response.removeHeader(name);
    response.end();
    return response;
  }
  response.setHeader('Content-Length', Buffer.byteLength(body));
  // Of a HEAD's answer Node sends the head alone.
  response.end(body);
  return response;
}

/** Makes `response` one. */
export function servedResponseOf(response: ServerResponse): ServedResponse {
  const served = Object.setPrototypeOf(response, ServedResponse.prototype) as ServedResponse;
  served.locals = {};
  return served;
}

/** What may not stand in a URL, encoded; what is encoded already stays. */
function encodedUrl(url: string): string {
  return url.replace(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e%]+/g, encodeURIComponent);
}
