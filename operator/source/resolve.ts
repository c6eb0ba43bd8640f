import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { type PathRule, ruledPaths } from './path-rules.ts';

/** Where an import leads. */
type Resolution = { kind: 'file'; path: string } | { kind: 'builtin'; name: string } | { kind: 'none' };

const EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** What TypeScript calls a file by the name that it would have once compiled. */
const COMPILED: Record<string, readonly string[]> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** What of a tsconfig.json says where names lead that are not relative. */
interface NameRules {
  rules: readonly PathRule[];
  baseUrl: string | undefined;
}

/**
 * Resolves `specifier`, as written in the file `importer`, among the function's own files and Node's modules; nothing
 * else exists. Extensions may be left out, a folder stands for its index.
 * @param isThere whether the function has a file of that path.
 */
export function resolveImport(
  specifier: string,
  importer: string,
  isThere: (path: string) => boolean,
  { rules, baseUrl }: NameRules = { rules: [], baseUrl: undefined },
): Resolution {
  if (/^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..') {
    const base = specifier.startsWith('/') ? specifier : posix.join('/', posix.dirname(importer), specifier);
    return fileOf([base], isThere);
  }
  const ruled = fileOf(ruledPaths(specifier, rules), isThere);
  if (ruled.kind === 'file') return ruled;
  if (isBuiltin(specifier)) {
    return { kind: 'builtin', name: specifier.startsWith('node:') ? specifier : `node:${specifier}` };
  }
  return baseUrl === undefined ? ruled : fileOf([posix.join('/', baseUrl, specifier)], isThere);
}

/** The first of `paths` that a file is of. */
function fileOf(paths: readonly string[], isThere: (path: string) => boolean): Resolution {
  const path = paths
    .flatMap((one) => candidates(posix.normalize(`/${one}`).replace(/^\/+|\/+$/g, '')))
    .find((name) => isThere(name));
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
