/** Code that is given compressed, for what does not fit into a ConfigMap otherwise. Pure. */
import { gunzipSync } from 'node:zlib';
import type { SourceFiles } from '../function/revision.ts';
import { SourceError } from './source-error.ts';

/** Behind the name of a file of code that is given compressed. */
export const GZIP = '.gz';
/** Behind that of its first piece, where it is given in pieces for several ConfigMaps: `index.js.gz.1`, `index.js.gz.2`. */
export const FIRST_PIECE = '.1';
/** Most that all such files may hold, in bytes: some times what a pod can be handed. */
const MAX_BYTES = 32 * 1024 * 1024;
const COMPRESSED_CODE = /^(.+\.(?:[cm]?[jt]s|[jt]sx|json))\.gz(?:\.([1-9]\d?))?$/;

/** What is there of one compressed file. */
interface PackedFile {
  /** In the binary files. */
  names: string[];
  bytes: Buffer;
}

/**
 * The source with `index.js` in place of `index.js.gz`, or of its pieces. Throws a SourceError where that is no gzip, holds too
 * much, lacks a piece, or is there uncompressed too.
 */
export function unpackedSource(source: SourceFiles): SourceFiles {
  const packed = packedFiles(source.binary ?? {});
  if (packed.size === 0) return source;
  const { entry } = source;
  const files = { ...source.files };
  const binary = { ...source.binary };
  let left = MAX_BYTES;
  for (const [path, { names, bytes: compressed }] of packed) {
    const [name = path + GZIP] = names;
    if (Object.hasOwn(files, path))
      throw new SourceError('CompileFailed', `both ${path} and ${name} are there: give one of them`);
    const bytes = unpacked(names.length === 1 ? name : path + GZIP, compressed, left);
    left -= bytes.length;
    files[path] = bytes.toString();
    for (const piece of names) delete binary[piece];
  }
  return { files, ...(Object.keys(binary).length > 0 && { binary }), entry };
}

/** By the path of what is in it. */
function packedFiles(binary: Readonly<Record<string, string>>): Map<string, PackedFile> {
  const found = new Map<string, Map<number, string>>();
  for (const name of Object.keys(binary)) {
    const [, path, piece] = COMPRESSED_CODE.exec(name) ?? [];
    if (path === undefined) continue;
    const pieces = found.get(path) ?? new Map<number, string>();
    // 0: the whole.
    found.set(path, pieces.set(Number(piece ?? 0), name));
  }
  const files = [...found].map(([path, pieces]) => {
    const names = inOrder(path, pieces);
    const bytes = Buffer.concat(names.map((name) => Buffer.from(binary[name] ?? '', 'base64')));
    return [path, { names, bytes }] as const;
  });
  return new Map(files);
}

/** The whole, or all pieces from the first one on. */
function inOrder(path: string, pieces: ReadonlyMap<number, string>): string[] {
  const whole = pieces.get(0);
  if (whole !== undefined && pieces.size > 1)
    throw new SourceError('CompileFailed', `both ${whole} and pieces of it are there: give one of them`);
  if (whole !== undefined) return [whole];
  return Array.from({ length: Math.max(...pieces.keys()) }, (_, index) => {
    const name = pieces.get(index + 1);
    if (name !== undefined) return name;
    throw new SourceError(
      'CompileFailed',
      `${path}${GZIP} is given in pieces, and ${path}${GZIP}.${index + 1} is missing`,
    );
  });
}

function unpacked(name: string, compressed: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(compressed, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (cause) {
    const isLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isLarge
      ? `holds more than ${MAX_BYTES / 1024 / 1024} MiB, with what else is compressed`
      : 'is not what gzip makes';
    throw new SourceError('CompileFailed', `${name} ${problem}`, { cause });
  }
}
