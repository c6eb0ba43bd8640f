import type { GatewayError } from '../errors/gateway-error.ts';
import type { ClientHead } from './client-stream.ts';

/** Whom a request is for. */
export interface Target {
  /** Host and port; empty: a client of HTTP/1.0 that does not say. */
  host: string;
  /** Path and query, or `*`: the gateway itself. */
  path: string;
}

/** More fields than any browser, proxy or mesh sends together; Node silently drops what comes after 1,000. */
export const FIELDS_MAX = 256;
/** Methods that are passed on; CONNECT asks for a tunnel and TRACE shows a client what proxies added to its request. */
const METHODS = new Set(
  (
    'GET HEAD POST PUT PATCH DELETE OPTIONS QUERY ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR ' +
    'MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE REBIND REPORT SEARCH SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
  ).split(' '),
);
/** A name or an address of either version, and maybe a port. */
const AUTHORITY = /^(?:[\w.~-]+|\[[\da-f:.]*:[\da-f:.]*\])(?::\d{0,5})?$/i;
const ABSOLUTE = /^https?:\/\/([^/?]+)(.*)$/i;
/** End-to-end fields: a request that has a proxy on the way remove one of them, by `Connection`, is refused. */
const END_TO_END = new Set(
  (
    'host content-length content-type content-encoding content-range range authorization cookie cache-control ' +
    'forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-request-id traceparent tracestate'
  ).split(' '),
);

export const NO_TARGET: GatewayError = {
  code: 'BadRequest',
  message: 'the target is neither a path nor an http address',
};

/**
 * Why a request that Node's parser let through is not to be served, or undefined: it is one. Each rule is about what
 * two readers may understand in two ways: that is what makes request smuggling possible.
 */
export function faultOf(request: ClientHead): GatewayError | undefined {
  const { headers } = request;
  if (request.httpVersionMajor !== 1) return bad('the version of HTTP has to be 1.1 or 1.0');
  if (request.rawHeaders.length > 2 * FIELDS_MAX) {
    return { code: 'HeadersTooLarge', message: `the request has more than ${FIELDS_MAX} header fields` };
  }
  return (
    faultOfHost(request) ??
    faultOfTarget(request) ??
    faultOfLength(headers['content-length']) ??
    faultOfCoding(headers['transfer-encoding'], request.httpVersionMinor) ??
    faultOfExpectation(headers.expect) ??
    faultOfConnection(headers.connection)
  );
}

/** @returns undefined: the target is none. */
export function targetOf({ url = '/', headers }: ClientHead): Target | undefined {
  const host = typeof headers.host === 'string' ? headers.host : '';
  if (url.startsWith('/')) return { host, path: url };
  if (url === '*') return { host, path: url };
  // In absolute form, which goes before the Host header (RFC 9112, 3.2.2).
  const [, authority, rest] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined || rest === undefined || !AUTHORITY.test(authority)) return undefined;
  return { host: authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

function faultOfHost({ httpVersionMinor, headers, rawHeaders }: ClientHead): GatewayError | undefined {
  const { host } = headers;
  if (host === undefined) return httpVersionMinor === 0 ? undefined : bad('the Host header is missing');
  if (typeof host !== 'string' || !AUTHORITY.test(host)) return bad('the Host header is no host name');
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1 ? bad('there is more than one Host header') : undefined;
}

function faultOfTarget(request: ClientHead): GatewayError | undefined {
  const { method = '', url = '' } = request;
  if (method !== 'GET' && method !== 'POST' && !METHODS.has(method)) {
    return { code: 'MethodNotAllowed', message: `this gateway does not pass ${method} on` };
  }
  if (url.includes('#')) return bad('the target has a fragment, which stays with the client');
  if (url.startsWith('/')) return undefined;
  if (url === '*') return method === 'OPTIONS' ? undefined : bad('the target * is for OPTIONS alone');
  return targetOf(request) === undefined ? NO_TARGET : undefined;
}

function faultOfCoding(coding: string | string[] | undefined, minorVersion: number): GatewayError | undefined {
  if (coding === undefined) return undefined;
  if (minorVersion === 0) return bad('HTTP/1.0 has no Transfer-Encoding');
  if (typeof coding === 'string' && coding.toLowerCase() === 'chunked') return undefined;
  return { code: 'NotSupported', message: 'the only Transfer-Encoding that this gateway takes is chunked' };
}

/** Beyond 2^53 two lengths that differ are one number here. */
function faultOfLength(length: string | string[] | undefined): GatewayError | undefined {
  if (length === undefined || Number(length) <= Number.MAX_SAFE_INTEGER) return undefined;
  return bad('the Content-Length is longer than anything that can be sent');
}

function faultOfExpectation(expect: string | string[] | undefined): GatewayError | undefined {
  if (expect === undefined || (typeof expect === 'string' && expect.toLowerCase() === '100-continue')) return undefined;
  return { code: 'ExpectationFailed', message: 'the only expectation that this gateway meets is 100-continue' };
}

function faultOfConnection(connection: string | string[] | undefined): GatewayError | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  for (const option of String(connection).toLowerCase().split(',')) {
    const name = option.trim();
    if (END_TO_END.has(name) || name.startsWith('x-forwarded-')) {
      return bad(`Connection names ${name}, which is not for this hop alone`);
    }
  }
  return undefined;
}

function bad(message: string): GatewayError {
  return { code: 'BadRequest', message };
}

/**
 * The answer to a request that could not be read to its end; undefined: the connection itself broke, so there can be none.
 * @param error as a server's `clientError` gives it
 */
export function faultOfReading(error: Error & { code?: string; reason?: string }): GatewayError | undefined {
  const { code = '', reason } = error;
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { code: 'HeadersTooLarge', message: 'the fields of the request, or its target, are longer than 64 KiB' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 'RequestTimeout', message: 'the head of the request did not come in time' };
  }
  return code.startsWith('HPE_') ? bad(`this is no request of HTTP/1.1: ${reason ?? code}`) : undefined;
}
