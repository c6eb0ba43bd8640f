import { INTERNAL_HEADER_PREFIX } from '../../api/names.ts';
import { util } from '../builtin.ts';
import { takeSource } from '../web/body.ts';
import { bodyInitOf } from '../web/body-init.ts';
import { isDecoded } from '../web/decoded.ts';
import { headerPairsOf, isOwnResponse, Response, webSocketOf } from '../web/response.ts';
import { jsonAdvice } from './json-advice.ts';

/** What is sent, decided before anything is written. */
export interface Reply {
  status: number;
  /** '' for the usual one. */
  statusText: string;
  /** In order; several Set-Cookie stay several. Lower case. */
  headers: (readonly [name: string, value: string])[];
  body: null | string | Uint8Array | AsyncSource;
  /** With status 101: the client's end of a WebSocketPair. */
  webSocket?: Disposable;
}

/** Streams, by what ends them early: a ReadableStream by `cancel`, a Readable by `destroy`, an iterator by `return`. */
export type AsyncSource = ReadableStream | AsyncIterable<unknown>;

/** A handler returned something that is no answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const BYTES = 'application/octet-stream';

/** The connection's own headers, which a handler cannot set: the runtime frames the answer. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'proxy-connection']);

/**
 * Decides what a handler's result means (context.ts, HandlerResult).
 * @throws NoAnswerError where it means nothing; the result itself, where it is an Error.
 */
export function replyOf(result: unknown): Reply {
  if (result === undefined || result === null) return { status: 204, statusText: '', headers: [], body: null };
  if (typeof result === 'string') return plain(TEXT, result);
  if (typeof result !== 'object') {
    throw new NoAnswerError(
      `the handler returned a ${typeof result}; return a Response, a string, an object or a stream`,
    );
  }
  if (isOwnResponse(result)) return replyOfOwn(result);
  if (isPlain(result)) return plain(JSON_TYPE, jsonOf(result));
  // As JSON it would be an empty object, and the mistake a success.
  if (util.types.isNativeError(result)) throw result;
  if (isResponse(result)) return replyOfResponse(result);
  const bytes = bytesOf(result);
  if (bytes !== undefined) return plain(BYTES, bytes);
  if (hasType(result)) return typed(result);
  if (isStream(result)) return plain(BYTES, result);
  return plain(JSON_TYPE, jsonOf(result));
}

function plain(type: string, body: Reply['body']): Reply {
  return { status: 200, statusText: '', headers: [['content-type', type]], body };
}

/** Whether it is a literal, and nothing that looks like a response or a stream: the usual thing, without a long look. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && !('arrayBuffer' in value) && !isStream(value);
}

/** Node's own (of `fetch`), or one of a library that brings its own class. */
function isResponse(value: object): value is globalThis.Response {
  const { status, headers } = value as Partial<globalThis.Response>;
  return (
    typeof status === 'number' && typeof headers?.forEach === 'function' && 'body' in value && 'arrayBuffer' in value
  );
}

function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const isBuffer = value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
  return isBuffer ? new Uint8Array(value) : undefined;
}

/** What a body of a response may be, and says its own type. By its tag: looking at the classes would load them. */
const TYPED = ['Blob', 'File', 'FormData', 'URLSearchParams'].map((name) => `[object ${name}]`);

function hasType(value: object): boolean {
  return TYPED.includes(Object.prototype.toString.call(value));
}

function typed(value: object): Reply {
  const { source, type } = bodyInitOf(value);
  return plain(type ?? BYTES, takeSource(new Response(source)));
}

function isStream(value: object): value is AsyncSource {
  return Symbol.asyncIterator in value;
}

function jsonOf(value: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new NoAnswerError('the handler returned an object that cannot be written as JSON', { cause });
  }
  if (text === undefined) throw new NoAnswerError('the handler returned an object that cannot be written as JSON');
  const advice = jsonAdvice(value, text);
  if (advice !== undefined) throw new NoAnswerError(advice);
  return text;
}

function replyOfOwn(response: Response): Reply {
  const { status, statusText } = response;
  const webSocket = status === 101 ? webSocketOf(response) : undefined;
  if (webSocket !== undefined) {
    const headers = [...response.headers].filter(([name]) => isHandlers(name));
    return { status, statusText, headers, body: null, webSocket };
  }
  checkUsable(status, response.bodyUsed);
  const headers: Reply['headers'] = [];
  for (const pair of headerPairsOf(response)) if (isHandlers(pair[0])) headers.push(pair);
  return { status, statusText, headers, body: takeSource(response) };
}

function replyOfResponse(response: globalThis.Response): Reply {
  const { status, statusText, body } = response;
  checkUsable(status, response.bodyUsed);
  // The encoding and length of what `fetch` has decoded are those of bytes that are no longer there.
  const decoded = isDecoded(response);
  const headers: Reply['headers'] = [];
  for (const [name, value] of response.headers) {
    if (!isHandlers(name) || (decoded && (name === 'content-encoding' || name === 'content-length'))) continue;
    headers.push([name, value]);
  }
  return { status, statusText, headers, body };
}

function checkUsable(status: number, bodyUsed: boolean): void {
  if (!(status >= 200 && status <= 599))
    throw new NoAnswerError(`the handler returned a response with status ${status}`);
  if (bodyUsed) throw new NoAnswerError('the handler returned a response whose body was read already');
}

/** Whether a handler may set this header, in lower case. */
function isHandlers(name: string): boolean {
  return !HOP_BY_HOP.has(name) && !name.startsWith(INTERNAL_HEADER_PREFIX);
}

/** The bytes of a chunk of a stream. @throws NoAnswerError where it is neither text nor bytes. */
export function chunkOf(chunk: unknown): string | Uint8Array {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'object' && chunk !== null) {
    const bytes = bytesOf(chunk);
    if (bytes !== undefined) return bytes;
  }
  throw new NoAnswerError(`the stream gave ${util.inspect(chunk, { depth: 0 })}; a stream gives strings or bytes`);
}
