/** Where a folder's code begins when its settings do not say. Pure. */
import { posix } from 'node:path';

/** Of package.json what counts for it. */
export interface PackageEntries {
  main?: unknown;
  exports?: unknown;
}

const EXTENSIONS = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx'];
const CODE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;
/** What a compiler writes. */
const MADE = /^(?:dist|build|out|\.[^/]*)\//;
/** It may be source, or be made of what is in src/. */
const PERHAPS_MADE = /^lib\//;

/** Looked for in this order. */
const USUAL_ENTRIES = ['src/index', 'index'].flatMap((stem) => EXTENSIONS.map((extension) => `${stem}.${extension}`));

/**
 * Path of the entry in the folder: what package.json names as its module where that is source and there, else `src/index.*`
 * or `index.*`. Undefined: there is none.
 */
export function findEntry(entries: PackageEntries, isThere: (path: string) => boolean): string | undefined {
  const usual = USUAL_ENTRIES.find(isThere);
  const named = [exported(entries.exports), entries.main].flatMap((path) =>
    typeof path === 'string' ? [posix.normalize(path)] : [],
  );
  return named.find((path) => isSource(path, usual) && isThere(path)) ?? usual;
}

function isSource(path: string, usual: string | undefined): boolean {
  if (!CODE.test(path) || DECLARATIONS.test(path) || path.startsWith('..') || MADE.test(path)) return false;
  return !PERHAPS_MADE.test(path) || !usual?.startsWith('src/');
}

/** What `exports` has for the package itself. */
function exported(exports: unknown): unknown {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return exports;
  const conditions = exports as Record<string, unknown>;
  const next = ['.', 'node', 'import', 'default'].find((name) => conditions[name] !== undefined);
  return next === undefined ? undefined : exported(conditions[next]);
}
