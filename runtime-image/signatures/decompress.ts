import { util, zlib } from '../builtin.ts';
import { Refused } from './refusal.ts';
import { BODY_MAX_BYTES } from './whole-body.ts';

type Zlib = ReturnType<typeof zlib>;

const DECODERS: Readonly<Record<string, (z: Zlib) => (bytes: Buffer, options: object) => Promise<Buffer>>> = {
  gzip: ({ gunzip }) => util.promisify(gunzip),
  deflate: ({ inflate }) => util.promisify(inflate),
  br: ({ brotliDecompress }) => util.promisify(brotliDecompress),
  zstd: ({ zstdDecompress }) => util.promisify(zstdDecompress),
};

/**
 * A body without its Content-Encoding.
 * @throws Refused: 415 for an encoding that is not known, 400 for a body that has another, 413 where it is too large.
 */
export async function decompressed(bytes: Buffer, encoding = 'identity'): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return bytes;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decode === undefined) throw new Refused(415, 'BadBody', `the body's encoding "${name}" is not known`);
  try {
    return await decode(zlib())(bytes, { maxOutputLength: BODY_MAX_BYTES });
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (isLarge) throw new Refused(413, 'BodyTooLarge', 'the body is too large once it is decompressed');
    throw new Refused(400, 'BadBody', `the body is not encoded as ${name}`);
  }
}
