import type { ServerResponse } from 'node:http';
import { http, path } from '../builtin.ts';
import { type CookieOptions, cookieHeader } from './cookie.ts';
import { contentDisposition, encodedUrl, escapedHtml } from './escapes.ts';
import type { ServedRequest } from './http-request.ts';
import { asUtf8, typeOf, withCharset } from './media-type.ts';

type HeaderValue = string | number | readonly string[];

/** Node's own response, with what the Functions Framework's handlers are promised: the names are Express's. */
class ServedResponse extends http.ServerResponse {
  declare locals: Record<string, unknown>;

  // Node's own, typed as the class that it is.
  declare readonly req: ServedRequest;

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
      const type = this.getHeader('Content-Type');
      if (typeof type === 'string') this.setHeader('Content-Type', asUtf8(type));
      else this.type('html');
      return finish(this, body);
    }
    if (typeof body === 'bigint' || typeof body === 'function' || typeof body === 'symbol') {
      throw new TypeError(`res.send() was given a ${typeof body}: give it a string, a Buffer or what JSON can hold`);
    }
    if (!ArrayBuffer.isView(body)) return this.json(body);
    typeUnlessSet(this, 'bin');
    return finish(this, new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  json(value?: unknown): this {
    const text = JSON.stringify(value);
    typeUnlessSet(this, 'json');
    return this.send(text);
  }
  /** JSON, or a script that calls the function which the query's `callback` names. */
  jsonp(value?: unknown): this {
    const asked = [this.req.query.callback].flat()[0];
    if (!this.hasHeader('Content-Type') || asked) this.set('X-Content-Type-Options', 'nosniff');
    if (!asked) return this.json(value);
    // These two end a line in older JavaScript.
    const text = (JSON.stringify(value) ?? '').replace(
      /[\u2028\u2029]/g,
      (end) => `\\u${end.charCodeAt(0).toString(16)}`,
    );
    const name = asked.replace(/[^[\]\w$.]/g, '');
    this.set('Content-Type', 'text/javascript');
    // The comment keeps the text from being taken for something else than a script.
    return this.send(`/**/ typeof ${name} === 'function' && ${name}(${text});`);
  }

  /** Answers by the one of `answers`, named by type, that the client likes best; else by `default`, else 406. */
  format(answers: Readonly<Record<string, (req: ServedRequest, res: this) => unknown>>): this {
    const { default: otherwise, ...byType } = answers;
    const types = Object.keys(byType);
    const liked = types.length > 0 && this.req.accepts(types);
    this.vary('Accept');
    if (typeof liked === 'string') {
      this.type(typeOf(liked));
      byType[liked]?.(this.req, this);
    } else if (otherwise !== undefined) otherwise(this.req, this);
    else this.sendStatus(406);
    return this;
  }

  set(name: string | Readonly<Record<string, HeaderValue>>, value?: HeaderValue): this {
    if (typeof name !== 'string') {
      for (const [key, one] of Object.entries(name)) this.set(key, one);
      return this;
    }
    const text = Array.isArray(value) ? value.map(String) : String(value);
    if (name.toLowerCase() !== 'content-type') return this.setHeader(name, text);
    if (typeof text !== 'string') throw new TypeError('Content-Type cannot have several values');
    this.setHeader(name, withCharset(typeOf(text)));
    return this;
  }
  header(name: string | Readonly<Record<string, HeaderValue>>, value?: HeaderValue): this {
    return this.set(name, value);
  }
  get(name: string): HeaderValue | undefined {
    return this.getHeader(name);
  }
  append(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    return this.set(name, before ? [before, value].flat().map(String) : value);
  }
  type(nameOrType: string): this {
    return this.set('Content-Type', nameOrType.includes('/') ? nameOrType : typeOf(nameOrType));
  }
  contentType(nameOrType: string): this {
    return this.type(nameOrType);
  }
  vary(field: string | readonly string[]): this {
    const before = listed([this.getHeader('Vary') ?? []].flat().map(String));
    const names = typeof field === 'string' ? listed([field]) : field;
    for (const name of names) http.validateHeaderName(name);
    const added = names.filter((one) => !before.some((old) => old.toLowerCase() === one.toLowerCase()));
    const all = [...before, ...added];
    return this.set('Vary', all.includes('*') ? '*' : all.join(', '));
  }
  attachment(filename?: string): this {
    const name = filename === undefined ? undefined : path.basename(filename);
    if (name) this.type(path.extname(name));
    return this.set('Content-Disposition', contentDisposition(name));
  }
  links(links: Readonly<Record<string, string | readonly string[]>>): this {
    const before = this.getHeader('Link');
    const added = Object.entries(links).flatMap(([rel, urls]) => [urls].flat().map((url) => `<${url}>; rel="${rel}"`));
    return this.set('Link', [...(before ? [String(before)] : []), ...added].join(', '));
  }

  location(url: string): this {
    return this.set('Location', encodedUrl(url));
  }
  redirect(statusOrUrl: number | string, url?: string): void {
    const [status, to] = url === undefined ? [302, statusOrUrl] : [statusOrUrl as number, url];
    const address = String(this.status(status).location(String(to)).getHeader('Location'));
    const words = http.STATUS_CODES[status];
    const said = { text: '', html: '', '': '' };
    said.text = `${words}. Redirecting to ${address}`;
    said.html = `<!DOCTYPE html><head><title>${words}</title></head><body><p>${words}. Redirecting to ${escapedHtml(address)}</p></body>`;
    const liked = this.vary('Accept').req.accepts('text', 'html');
    if (typeof liked === 'string') this.type(liked);
    finish(this, said[(liked || '') as keyof typeof said]);
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
  if (!response.getHeader('Content-Type')) response.type(name);
}

/** Statuses whose answers have no body. Of the first two a length would be one of a body that is elsewhere. */
const [NO_CONTENT, NOT_MODIFIED, RESET_CONTENT] = [204, 304, 205] as const;

function finish<R extends ServedResponse>(response: R, body: string | Uint8Array): R {
  if (response.req.fresh) response.statusCode = NOT_MODIFIED;
  const { statusCode } = response;
  if (statusCode === NO_CONTENT || statusCode === NOT_MODIFIED) {
    for (const name of ['Content-Type', 'Content-Length', 'Transfer-Encoding']) response.removeHeader(name);
    response.end();
    return response;
  }
  const sent = statusCode === RESET_CONTENT ? '' : body;
  response.removeHeader('Transfer-Encoding');
  response.setHeader('Content-Length', Buffer.byteLength(sent));
  // Of a HEAD's answer Node sends the head alone.
  response.end(sent);
  return response;
}

function listed(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Makes `response` one. */
export function servedResponseOf(response: ServerResponse): ServedResponse {
  const served = Object.setPrototypeOf(response, ServedResponse.prototype) as ServedResponse;
  served.locals = {};
  return served;
}
