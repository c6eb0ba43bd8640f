import { Readable } from '../builtin.ts';
import { isStream, type Source } from './body.ts';
import { encodeForm, isForm } from './form.ts';

/** A body as a Request or Response is given it: its source, and the content type that goes with it. */
interface BodyInit {
  source: Source;
  /** null: none. */
  type: string | null;
}

const TEXT = 'text/plain;charset=UTF-8';
const QUERY = 'application/x-www-form-urlencoded;charset=UTF-8';

/** What the Fetch standard makes of `value`. @throws TypeError for a stream that is being read, or was. */
export function bodyInitOf(value: unknown): BodyInit {
  if (typeof value === 'string') return { source: value, type: TEXT };
  if (value === null || value === undefined) return { source: null, type: null };
  if (typeof value !== 'object') return { source: String(value), type: TEXT };
  if (isStream(value)) return { source: unlocked(value), type: null };
  if (ArrayBuffer.isView(value)) {
    return { source: new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice(), type: null };
  }
  if (value instanceof ArrayBuffer) return { source: new Uint8Array(value.slice(0)), type: null };
  if (value instanceof URLSearchParams) return { source: String(value), type: QUERY };
  if (isBlob(value)) return { source: value.stream(), type: value.type || null };
  if (isForm(value)) {
    const encoded = encodeForm(value);
    return { source: encoded.stream(), type: encoded.type };
  }
  if (isAsyncIterable(value)) return { source: ReadableStream.from(value), type: null };
  return { source: String(value), type: TEXT };
}

function isBlob(value: object): value is Blob {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(value));
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

function unlocked(stream: ReadableStream): ReadableStream {
  if (stream.locked || Readable.isDisturbed(stream)) {
    throw new TypeError('the stream is being read, or was read before');
  }
  return stream;
}
