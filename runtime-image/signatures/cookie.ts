/** What `res.cookie` takes. */
export interface CookieOptions {
  /** Milliseconds from now. */
  maxAge?: number;
  expires?: Date;
  path?: string;
  domain?: string;
  secure?: boolean;
  httpOnly?: boolean;
  partitioned?: boolean;
  priority?: 'low' | 'medium' | 'high';
  /** true is strict. */
  sameSite?: boolean | 'lax' | 'strict' | 'none';
  signed?: boolean;
  encode?: (value: string) => string;
}

/**
 * The value of a Set-Cookie header. An object is written as JSON, marked by `j:`.
 * @throws TypeError for a name, a domain or a path that would end the cookie or begin another attribute.
 */
export function cookieHeader(name: string, value: unknown, options: CookieOptions, nowMs: number): string {
  if (options.signed) throw new Error('signed cookies need a secret, which there is none of; sign the value yourself');
  const text = typeof value === 'object' ? `j:${JSON.stringify(value)}` : String(value);
  const { encode = encodeURIComponent, path = '/', domain, secure, httpOnly, partitioned, priority } = options;
  checkCookie(name, domain, path);
  const parts = [`${name}=${encode(text)}`];
  if (options.maxAge !== undefined) parts.push(`Max-Age=${Math.floor(options.maxAge / 1000)}`);
  if (domain !== undefined) parts.push(`Domain=${domain}`);
  parts.push(`Path=${path}`);
  const expires = options.maxAge === undefined ? options.expires : new Date(nowMs + options.maxAge);
  if (expires !== undefined) parts.push(`Expires=${expires.toUTCString()}`);
  if (httpOnly) parts.push('HttpOnly');
  if (secure) parts.push('Secure');
  if (partitioned) parts.push('Partitioned');
  if (priority !== undefined) parts.push(`Priority=${capital(priority)}`);
  if (options.sameSite) parts.push(`SameSite=${capital(options.sameSite === true ? 'strict' : options.sameSite)}`);
  return parts.join('; ');
}

function checkCookie(name: string, ...attributes: (string | undefined)[]): void {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw new TypeError(`${JSON.stringify(name)} is no name of a cookie`);
  const wrong = attributes.find((attribute) => attribute !== undefined && /[^ -:<-~]/.test(attribute));
  if (wrong !== undefined) throw new TypeError(`a cookie cannot have ${JSON.stringify(wrong)} for its domain or path`);
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}
