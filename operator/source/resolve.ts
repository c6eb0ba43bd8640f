import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/** Where an import leads. */
export type Resolution = { kind: 'file'; path: string } | { kind: 'builtin'; name: string } | { kind: 'none' };

const EXTENSIONS = ['.ts', '.mts', '.tsx', '.js', '.mjs', '.jsx', '.json'];
/** What TypeScript calls a file by the name that it would have once compiled. */
const COMPILED: Record<string, readonly string[]> = { '.js': ['.ts', '.tsx'], '.mjs': ['.mts'], '.jsx': ['.tsx'] };

/**
 * Resolves `specifier`, as written in the file `importer`, among the function's own files and Node's modules; nothing
 * else exists. Extensions may be left out, a folder stands for its index.
 */
export function resolveImport(specifier: string, importer: string, files: Record<string, string>): Resolution {
  if (!/^\.{0,2}\//.test(specifier) && specifier !== '.' && specifier !== '..') {
    if (!isBuiltin(specifier)) return { kind: 'none' };
    return { kind: 'builtin', name: specifier.startsWith('node:') ? specifier : `node:${specifier}` };
  }
  const base = specifier.startsWith('/')
    ? posix.normalize(specifier)
    : posix.join('/', posix.dirname(importer), specifier);
  const path = candidates(base.replace(/^\/+|\/+$/g, '')).find((name) => Object.hasOwn(files, name));
  return path === undefined ? { kind: 'none' } : { kind: 'file', path };
}

function candidates(path: string): string[] {
  const extension = posix.extname(path);
  const stem = path.slice(0, path.length - extension.length);
  const folder = path === '' ? '' : `${path}/`;
  return [
    path,
    ...(COMPILED[extension] ?? []).map((other) => stem + other),
    ...EXTENSIONS.map((other) => path + other),
    ...EXTENSIONS.map((other) => `${folder}index${other}`),
  ];
}
