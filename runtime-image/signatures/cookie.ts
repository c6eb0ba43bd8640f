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

/** The value of a Set-Cookie header. An object is written as JSON, marked by `j:`. */
export function cookieHeader(name: string, value: unknown, options: CookieOptions, nowMs: number): string {
  if (options.signed) throw new Error('signed cookies need a secret, which there is none of; sign the value yourself');
  const text = typeof value === 'object' && value !== null ? `j:${JSON.stringify(value)}` : String(value);
  const { encode = encodeURIComponent, path = '/', domain, secure, httpOnly, partitioned, priority } = options;
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

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}
