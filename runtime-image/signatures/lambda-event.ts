import type { IncomingMessage } from 'node:http';
import { connectionHeaders } from '../http/connection-headers.ts';
import { hideInternalHeaders } from '../http/internal-headers.ts';
import { isTextual, mediaType } from './media-type.ts';
import { percentDecoded } from './percent.ts';

/** What API Gateway's HTTP APIs, and function URLs, give a function: payload format 2.0. */
export interface LambdaEvent {
  version: '2.0';
  routeKey: '$default';
  rawPath: string;
  /** '' without a query. */
  rawQueryString: string;
  /** Absent: none. The header `cookie` is not among `headers`. */
  cookies?: string[];
  /** Names in lower case, repeated ones joined by a comma. */
  headers: Record<string, string>;
  /** Decoded, repeated ones joined by a comma. Absent: none. */
  queryStringParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: '$default';
    stage: '$default';
    /** `12/Mar/2020:19:03:58 +0000`. */
    time: string;
    timeEpoch: number;
  };
  /** Absent: none. */
  body?: string;
  isBase64Encoded: boolean;
}

interface EventParts {
  message: IncomingMessage;
  body: Buffer;
  requestId: string;
  /** The function's name stands where API Gateway has the API's id. */
  function: string;
  nowMs: number;
}

export function lambdaEvent({ message, body, requestId, function: name, nowMs }: EventParts): LambdaEvent {
  const [path = '/', ...query] = (message.url ?? '/').split('?');
  const rawQueryString = query.join('?');
  const { headers, cookies } = joinedHeaders(hideInternalHeaders(message).rawHeaders);
  const parameters = joinedParameters(rawQueryString);
  const domainName = headers.host ?? 'localhost';
  // As API Gateway does.
  const rawPath = percentDecoded(path);
  const isText = isTextual(mediaType(headers['content-type'])) && headers['content-encoding'] === undefined;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(parameters !== undefined && { queryStringParameters: parameters }),
    requestContext: {
      accountId: 'anonymous',
      apiId: name,
      domainName,
      domainPrefix: domainName.split('.', 1)[0] ?? '',
      http: {
        method: message.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${message.httpVersion}`,
        sourceIp: clientOf(headers) ?? message.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: logTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** X-Real-IP is there where a trusted proxy is; the first of the list may be what the client said of itself. */
function clientOf(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['x-real-ip'] ?? headers['x-forwarded-for']?.split(',', 1)[0]?.trim();
}

function joinedHeaders(raw: readonly string[]): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  const ofConnection = connectionHeaders(raw);
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    // A comma may be part of a cookie: they are parted by semicolons alone.
    if (name === 'cookie') cookies.push(...value.split(';').map((cookie) => cookie.trim()));
    else if (!ofConnection.has(name))
      headers[name] = Object.hasOwn(headers, name) ? `${headers[name]},${value}` : value;
  }
  return { headers, cookies: cookies.filter((cookie) => cookie !== '') };
}

function joinedParameters(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]},${value}` : value;
  }
  return joined;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

function logTime(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  const at = 3 * (Number(month) - 1);
  return `${day}/${MONTHS.slice(at, at + 3)}/${year}:${time} +0000`;
}
