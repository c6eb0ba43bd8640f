import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { BUNDLE_TEXT } from '#api/names.ts';

/** Linux refuses to start a process with a longer `NAME=value`: 131,072 bytes with its final zero. */
export const CHUNK_MAX_BYTES = 120 * 1024;
/** Of a bundle with its source map. One that takes more has its map elsewhere: a start need not read it. */
export const STORED_WITH_MAP_MAX_BYTES = 700 * 1024;
/** Of the chunks of such a map. */
export const MAP_MAX_BYTES = 1600 * 1024;

/**
 * Up to here a bundle is stored as it is: a start that unpacks nothing takes 4 ms less, which is more than what the longer
 * environment costs.
 */
const TEXT_MAX_BYTES = 32 * 1024;

const compress = promisify(brotliCompress);

/**
 * The bundle as it is stored and handed to a pod: the text itself where it is small, else brotli-compressed, as base64, cut
 * into pieces of at most CHUNK_MAX_BYTES. Equal code gives equal chunks. The sum of their lengths may pass
 * STORED_MAX_BYTES: the caller looks.
 */
export async function bundleChunks(code: string): Promise<string[]> {
  const bytes = Buffer.from(code);
  // An environment cannot carry a zero, which may stand in a regular expression.
  if (bytes.length <= TEXT_MAX_BYTES && !bytes.includes(0)) return [BUNDLE_TEXT + code];
  const packed = await compress(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const text = packed.toString('base64');
  return Array.from({ length: Math.ceil(text.length / CHUNK_MAX_BYTES) }, (_, index) =>
    text.slice(index * CHUNK_MAX_BYTES, (index + 1) * CHUNK_MAX_BYTES),
  );
}

export function storedBytes(chunks: readonly string[]): number {
  return chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
}
