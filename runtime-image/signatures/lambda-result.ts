import { jsonAdvice } from '../http/json-advice.ts';
import type { Reply } from '../http/reply.ts';

interface Structured {
  statusCode: number;
  headers?: Readonly<Record<string, unknown>>;
  multiValueHeaders?: Readonly<Record<string, readonly unknown[]>>;
  cookies?: readonly string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/**
 * What API Gateway makes of a result in format 2.0. With a `statusCode` it is the answer; anything else is the body of
 * a 200 as JSON, a string as it is.
 * @throws TypeError where an answer cannot be one: its `body` is no string, or its `statusCode` no status.
 */
export function replyOfLambda(result: unknown): Reply {
  if (!isStructured(result)) {
    const body = typeof result === 'string' ? result : jsonOf(result);
    return { status: 200, statusText: '', headers: [['content-type', 'application/json']], body };
  }
  const { statusCode, body, isBase64Encoded = false } = result;
  const status = statusOfLambda(statusCode);
  if (body !== undefined && body !== null && typeof body !== 'string') {
    throw new TypeError('the handler returned a body that is no string: give it JSON.stringify(body)');
  }
  const headers = headersOfLambda(result);
  if (body && !headers.some(([name]) => name === 'content-type')) {
    headers.push(['content-type', 'text/plain; charset=utf-8']);
  }
  const sent = isBase64Encoded && body ? Buffer.from(body, 'base64') : body || null;
  return { status, statusText: '', headers, body: sent };
}

/** @throws TypeError where JSON shows nothing of it: a Response, a Map and the like. */
function jsonOf(result: unknown): string {
  const text = JSON.stringify(result) ?? 'null';
  const advice = typeof result === 'object' && result !== null ? jsonAdvice(result, text) : undefined;
  if (advice !== undefined) throw new TypeError(advice);
  return text;
}

/** @throws TypeError where it is no status that an answer can have. */
export function statusOfLambda(statusCode: unknown): number {
  const status = Number(statusCode);
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new TypeError(`the handler returned the statusCode ${JSON.stringify(statusCode)}: none from 200 to 599`);
}

/** The connection's own, which the runtime writes. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'];

/**
 * `multiValueHeaders`, of format 1.0, count as well. What JSON, in which Lambda passes results on, has no value for is left
 * out: undefined, null, NaN.
 * @throws TypeError for a value that is an object.
 */
export function headersOfLambda(given: Omit<Structured, 'statusCode'>): Reply['headers'] {
  const { headers: single, multiValueHeaders, cookies } = given;
  const result = JSON.parse(JSON.stringify({ headers: single, multiValueHeaders, cookies })) as typeof given;
  const headers: Reply['headers'] = [];
  const add = (name: string, value: unknown) => {
    if (value === null || HOP_BY_HOP.includes(name) || name.startsWith('x-catnap-')) return;
    if (typeof value === 'object')
      throw new TypeError(`the handler returned an object for the header ${name}: give it text`);
    headers.push([name, String(value)]);
  };
  const several = Object.entries(result.multiValueHeaders ?? {}).map(
    ([name, values]) => [lower(name), values] as const,
  );
  for (const [key, value] of Object.entries(result.headers ?? {})) {
    const name = lower(key);
    if (!several.some(([other]) => other === name)) for (const one of [value].flat()) add(name, one);
  }
  for (const [name, values] of several) for (const value of values ?? []) add(name, value);
  for (const cookie of result.cookies ?? []) add('set-cookie', cookie);
  return headers;
}

function lower(name: string): string {
  return name.toLowerCase();
}

function isStructured(result: unknown): result is Structured {
  return typeof result === 'object' && result !== null && 'statusCode' in result && result.statusCode !== undefined;
}
