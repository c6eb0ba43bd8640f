import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

/** Linux refuses to start a process with a longer `NAME=value`: 131,072 bytes with its final zero. */
export const CHUNK_MAX_BYTES = 120 * 1024;
/** Of all chunks together: what a ConfigMap and an environment can carry with room to spare. */
export const STORED_MAX_BYTES = 700 * 1024;

const compress = promisify(brotliCompress);

/**
 * The bundle as it is stored and handed to a pod: brotli-compressed, as base64, cut into pieces of at most
 * CHUNK_MAX_BYTES. Equal code gives equal chunks. The sum of their lengths may pass STORED_MAX_BYTES: the caller looks.
 */
export async function bundleChunks(code: string): Promise<string[]> {
  const bytes = Buffer.from(code);
  const packed = await compress(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const text = packed.toString('base64');
  return Array.from({ length: Math.ceil(text.length / CHUNK_MAX_BYTES) }, (_, index) =>
    text.slice(index * CHUNK_MAX_BYTES, (index + 1) * CHUNK_MAX_BYTES),
  );
}

export function storedBytes(chunks: readonly string[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
