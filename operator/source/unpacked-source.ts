/** Code that is given compressed, for what does not fit into a ConfigMap otherwise. Pure. */
import { gunzipSync } from 'node:zlib';
import type { SourceFiles } from '../function/revision.ts';
import { SourceError } from './source-error.ts';

/** Behind the name of a file of code that is given compressed. */
export const GZIP = '.gz';
/** Most that all such files may hold, in bytes: some times what a pod can be handed. */
const MAX_BYTES = 32 * 1024 * 1024;
const COMPRESSED_CODE = /\.(?:[cm]?[jt]s|[jt]sx|json)\.gz$/;

/** The source with `index.js` in place of `index.js.gz`. Throws a SourceError where that is no gzip, holds too much, or both are there. */
export function unpackedSource(source: SourceFiles): SourceFiles {
  const packed = Object.keys(source.binary ?? {}).filter((path) => COMPRESSED_CODE.test(path));
  if (packed.length === 0) return source;
  const { entry } = source;
  const files = { ...source.files };
  const binary = { ...source.binary };
  let left = MAX_BYTES;
  for (const name of packed) {
    const path = name.slice(0, -GZIP.length);
    if (Object.hasOwn(files, path))
      throw new SourceError('CompileFailed', `both ${path} and ${name} are there: give one of them`);
    const bytes = unpacked(name, binary[name] ?? '', left);
    left -= bytes.length;
    files[path] = bytes.toString();
    delete binary[name];
  }
  return { files, ...(Object.keys(binary).length > 0 && { binary }), entry };
}

function unpacked(name: string, base64: string, maxBytes: number): Buffer {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: Math.max(1, maxBytes) });
  } catch (cause) {
    const isLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isLarge
      ? `holds more than ${MAX_BYTES / 1024 / 1024} MiB, with what else is compressed`
      : 'is not what gzip makes';
    throw new SourceError('CompileFailed', `${name} ${problem}`, { cause });
  }
}
