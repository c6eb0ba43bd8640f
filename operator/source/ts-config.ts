/** `tsconfig.json` among a function's files: what of it the bundler heeds. Reads nothing but those files. */
import { posix } from 'node:path';
import type { SourceFiles } from '../function/revision.ts';
import { describeFailure, isBuildFailure } from './build-failure.ts';
import { type PathRule, pathRules } from './path-rules.ts';
import type { Transform } from './scan-calls.ts';
import { SourceError } from './source-error.ts';

export interface TsConfig {
  /** For the bundler, as JSON: options that change what code means. `{}`: there is no tsconfig.json. */
  raw: string;
  /** `paths`, in order. */
  rules: readonly PathRule[];
  /** Folder from the source's root in which names that are not relative are looked for; undefined: none. */
  baseUrl: string | undefined;
  /** Files that were read. */
  files: readonly string[];
  /** What the user has to know of it. */
  notes: readonly string[];
}

const NO_TS_CONFIG: TsConfig = { raw: '{}', rules: [], baseUrl: undefined, files: [], notes: [] };

const NAME = 'tsconfig.json';
/** Longest file that is read, in bytes. */
const MAX_BYTES = 65_536;
/** Most files that extend each other. */
const MAX_FILES = 16;
/** Options that change what code means, and their types. The language level is Node's: `target` says only how class fields are set. */
const OPTIONS: Record<string, 'boolean' | 'string'> = {
  experimentalDecorators: 'boolean',
  useDefineForClassFields: 'boolean',
  verbatimModuleSyntax: 'boolean',
  preserveValueImports: 'boolean',
  importsNotUsedAsValues: 'string',
  alwaysStrict: 'boolean',
  strict: 'boolean',
  target: 'string',
  jsx: 'string',
  jsxFactory: 'string',
  jsxFragmentFactory: 'string',
  jsxImportSource: 'string',
};
/** In a bundle nothing comes after that could compile what is preserved. */
const PRESERVED_JSX = new Set(['preserve', 'react-native']);
const NO_METADATA = 'emitDecoratorMetadata has no effect: what asks for the types of parameters when it runs gets none';

/** Options of a file and of those that it extends, with folders from the source's root. */
interface Merged {
  options: Record<string, unknown>;
  baseUrl?: string;
  /** As written, and the folder of the file in which it is. */
  paths?: { value: Record<string, string[]>; folder: string };
  files: string[];
  notes: string[];
}

/** Of the file nearest to the entry, in its folder or above. Throws a SourceError where one is broken or missing. */
export async function readTsConfig(source: SourceFiles, transform: Transform): Promise<TsConfig> {
  const path = nearest(source);
  if (path === undefined) return NO_TS_CONFIG;
  const merged: Merged = { options: {}, files: [], notes: [] };
  await merge(path, merged, { source, transform, above: [] });
  const { options, baseUrl, paths, files, notes } = merged;
  if (options.emitDecoratorMetadata === true) notes.push(`${path}: ${NO_METADATA}`);
  return {
    raw: JSON.stringify({ compilerOptions: heeded(path, options) }),
    rules: paths === undefined ? [] : pathRules(paths.value, baseUrl ?? paths.folder),
    baseUrl,
    files,
    notes,
  };
}

function nearest({ files, entry }: SourceFiles): string | undefined {
  for (let folder = posix.dirname(entry); ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, NAME);
    if (Object.hasOwn(files, path)) return path;
    // The root of a path that begins with a slash is its own parent.
    if (folder === '.' || folder === '/') return undefined;
  }
}

interface Reading {
  source: SourceFiles;
  transform: Transform;
  /** Files that extend this one. */
  above: readonly string[];
}

/** What a file says counts more than what it extends. */
async function merge(path: string, into: Merged, reading: Reading): Promise<void> {
  const { source, transform, above } = reading;
  if (above.includes(path)) throw broken(path, 'extends itself');
  if (into.files.length >= MAX_FILES) throw broken(path, `is one of more than ${MAX_FILES} that extend each other`);
  into.files.push(path);
  const config = await parsed(path, source, transform);
  for (const name of extended(path, config.extends)) {
    const base = basePath(path, name, source);
    if (base !== undefined) await merge(base, into, { ...reading, above: [...above, path] });
    else if (/^\.{0,2}\//.test(name))
      throw broken(path, `extends "${name}", which is not among the files of spec.source`);
    else into.notes.push(`${path} extends "${name}", which is not among the files: it has no effect`);
  }
  const { compilerOptions = {} } = config;
  if (!isObject(compilerOptions)) throw broken(path, 'has compilerOptions that are no object');
  const { baseUrl, paths, ...options } = compilerOptions;
  const folder = posix.dirname(path);
  if (baseUrl !== undefined && typeof baseUrl !== 'string') throw broken(path, 'has a baseUrl that is no text');
  if (baseUrl !== undefined) into.baseUrl = posix.join('/', folder, baseUrl).slice(1);
  if (paths !== undefined) into.paths = { value: requirePaths(path, paths), folder: folder === '.' ? '' : folder };
  Object.assign(into.options, options);
}

function extended(path: string, names: unknown = []): string[] {
  const list: unknown[] = Array.isArray(names) ? names : [names];
  if (list.length > MAX_FILES || !list.every((name) => typeof name === 'string')) {
    throw broken(path, 'has an "extends" that is neither a text nor a list of a few');
  }
  return list;
}

/** Undefined: there is none. */
function basePath(path: string, name: string, { files }: SourceFiles): string | undefined {
  const base = posix.join('/', name.startsWith('/') ? '' : posix.dirname(path), name).slice(1);
  if (!/^\.{0,2}\//.test(name)) return undefined;
  return [base, `${base}.json`].find((one) => Object.hasOwn(files, one));
}

/** Comments and commas before a closing bracket are allowed, as TypeScript allows them. */
async function parsed(path: string, source: SourceFiles, transform: Transform): Promise<Record<string, unknown>> {
  const text = source.files[path] ?? '';
  if (Buffer.byteLength(text) > MAX_BYTES) throw broken(path, `is longer than ${MAX_BYTES / 1024} KiB`);
  const json = asJson(text);
  // The bundler's own parser says where a mistake is.
  await transform(json, { loader: 'json', sourcefile: path, logLevel: 'silent' }).catch((error: unknown) => {
    if (!isBuildFailure(error)) throw error;
    throw new SourceError('CompileFailed', describeFailure(error.errors, source.files), { cause: error });
  });
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) throw broken(path, 'is no object');
  return value;
}

/** Every position stays as it is. */
function asJson(text: string): string {
  const blank = (found: string) => found.replace(/[^\r\n]/g, ' ');
  return text
    .replace(/^\uFEFF/, ' ')
    .replace(/"(?:[^"\\\r\n]|\\.)*"|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g, (found) =>
      found.startsWith('"') ? found : blank(found),
    )
    .replace(/"(?:[^"\\\r\n]|\\.)*"|,(?=\s*[}\]])/g, (found) => (found === ',' ? ' ' : found));
}

function heeded(path: string, options: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(OPTIONS).flatMap(([name, type]) => {
    const value = options[name];
    if (value !== undefined && value !== null && typeof value !== type)
      throw broken(path, `has a ${name} that is no ${type}`);
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  const found = Object.fromEntries(kept);
  return PRESERVED_JSX.has(String(found.jsx)) ? { ...found, jsx: 'react-jsx' } : found;
}

function requirePaths(path: string, paths: unknown): Record<string, string[]> {
  const isList = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (isObject(paths) && Object.values(paths).every(isList)) return paths as Record<string, string[]>;
  throw broken(path, 'has paths that are not lists of texts by pattern');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(path: string, problem: string): SourceError {
  return new SourceError('CompileFailed', `${path} ${problem}`);
}
