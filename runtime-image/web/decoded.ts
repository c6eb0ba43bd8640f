import type { TransitHeader } from './headers.ts';

/** The codings that Node's fetch takes off. */
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** Whether what `response`, of Node's fetch, gives is decoded already, so that its headers are of bytes that are gone. */
export function isDecoded(response: globalThis.Response): boolean {
  if (response.url === '' || response.body === null) return false;
  const codings = response.headers.get('content-encoding')?.split(',') ?? [];
  return codings.length > 0 && codings.every((coding) => CODINGS.includes(coding.trim().toLowerCase()));
}

/** The headers of `response`, of Node's fetch, that do not hold for another that is made of it. */
export function transitNames(response: globalThis.Response): readonly TransitHeader[] {
  if (response.url === '') return [];
  return isDecoded(response) ? ['content-length', 'content-encoding'] : ['content-length'];
}
