/**
 * `import(…)` and `require(…)` of a path that is computed. The bundler itself would look for files of that pattern on
 * disk; so before it sees them, each such call becomes one of a function that knows the function's own files. Pure.
 */
import { posix } from 'node:path';
import type { SourceFiles } from '../function/revision.ts';
import { callArguments, fits } from './call-pattern.ts';
import { fileKind, hasFile } from './file-kinds.ts';
import { resolveImport } from './resolve.ts';
import type { CallSite } from './scan-calls.ts';
import { SourceError } from './source-error.ts';

/** What stands for the calls of all files. */
interface ComputedImports {
  /** The files' texts with the calls replaced. No other byte moves. */
  texts: Map<string, string>;
  /** A module whose exports they call; undefined: there are none. Its imports begin with OWN_FILE. */
  module: string | undefined;
}

/** Before a path from the source's root. */
export const OWN_FILE = 'own-file:';
const MAX_SITES = 2_000;
const MAX_MODULES = 20_000;
/** How far a call's arguments are looked at, in bytes. */
const ARGUMENTS_MAX = 4_096;
const DECLARATIONS = /\.d\.[cm]?ts$/;

/** Throws a SourceError where there are too many. */
export function replaceComputedImports(source: SourceFiles, sites: ReadonlyMap<string, CallSite[]>): ComputedImports {
  const texts = new Map<string, string>();
  const nextName = freshNames(source);
  const functions: string[] = [];
  let modules = 0;
  for (const [path, calls] of sites) {
    const bytes = Buffer.from(source.files[path] ?? '');
    for (const site of calls) {
      const name = nextName(site.kind);
      const table = modulesOf(source, path, bytes, site);
      modules += table.length;
      if (functions.length >= MAX_SITES || modules > MAX_MODULES) throw tooMany(path);
      functions.push(loader(name, path, site.kind, table));
      bytes.fill(' ', site.start, site.start + site.length).write(name, site.start);
    }
    texts.set(path, bytes.toString());
  }
  return { texts, module: functions.length === 0 ? undefined : HEADER + functions.join('') };
}

function tooMany(path: string): SourceError {
  return new SourceError(
    'CompileFailed',
    `${path}: the computed imports of this function could lead to more than ${MAX_MODULES} modules, or are more than ${MAX_SITES}; name the files that are imported`,
  );
}

/** Names of the length of what they replace, that no file has in it. */
function freshNames({ files }: SourceFiles): (kind: CallSite['kind']) => string {
  const texts = Object.values(files);
  let count = 0;
  return (kind) => {
    for (;;) {
      const name = `$${(count++).toString(36).padStart(kind.length - 1, '_')}`;
      if (!texts.some((text) => text.includes(name))) return name;
    }
  };
}

interface OwnModule {
  /** As it may be written in the file that calls. */
  specifier: string;
  path: string;
  type: string | undefined;
}

function modulesOf(source: SourceFiles, importer: string, bytes: Buffer, site: CallSite): OwnModule[] {
  const behind = site.start + site.length;
  const call = callArguments(bytes.subarray(behind, behind + ARGUMENTS_MAX).toString());
  if (call === undefined) return [];
  const { pattern, literals, type } = call;
  const paths = [...Object.keys(source.files), ...Object.keys(source.binary ?? {})];
  const written = pattern === undefined ? literals : paths.flatMap((path) => specifiersOf(path, importer));
  return [...new Set(written)].flatMap((specifier) => {
    if (pattern !== undefined && !fits(specifier, pattern)) return [];
    const found = resolveImport(specifier, importer, (path) => hasFile(source, path));
    if (found.kind !== 'file' || DECLARATIONS.test(found.path)) return [];
    const kind = fileKind(found.path, type === undefined ? {} : { type }, source);
    return kind === undefined ? [] : [{ specifier, path: found.path, type }];
  });
}

/** How `path` may be written in `importer`: resolving them says which of these lead there. */
function specifiersOf(path: string, importer: string): string[] {
  const relative = posix.relative(posix.dirname(`/${importer}`), `/${path}`);
  const full = relative.startsWith('../') ? relative : `./${relative}`;
  const extension = posix.extname(full);
  const bare = full.slice(0, full.length - extension.length);
  const compiled = extension.startsWith('.ts') ? ['.js', '.jsx'] : extension === '.mts' ? ['.mjs'] : [];
  return [
    full,
    bare,
    ...compiled.map((other) => bare + other),
    ...(bare.endsWith('/index') ? [bare.slice(0, -6)] : []),
  ];
}

const HEADER = `const chosen = (modules, name, from) => {
  if (Object.hasOwn(modules, name)) return modules[name];
  if (!/^\\.{1,2}\\//.test(name)) return undefined;
  throw Object.assign(new Error("Cannot find module '" + name + "' imported from " + from), { code: 'ERR_MODULE_NOT_FOUND' });
};
`;

/** A name that is not relative is left to Node. */
function loader(name: string, from: string, kind: CallSite['kind'], modules: readonly OwnModule[]): string {
  const entries = modules.map(({ specifier, path, type }) => {
    const attributes = type === undefined || kind === 'require' ? '' : `, { with: { type: "${type}" } }`;
    return `  ${JSON.stringify(specifier)}: () => ${kind}(${JSON.stringify(OWN_FILE + path)}${attributes}),\n`;
  });
  const table = `{ __proto__: null,\n${entries.join('')}}`;
  const find = `chosen(modules, \`\${name}\`, ${JSON.stringify(from)})`;
  return kind === 'import'
    ? `export const ${name} = async (name, options) => { const modules = ${table}; const load = ${find}; return load === undefined ? import(name, options) : load(); };\n`
    : `export const ${name} = (name) => { const modules = ${table}; const load = ${find}; return load === undefined ? require(name) : load(); };\n`;
}
