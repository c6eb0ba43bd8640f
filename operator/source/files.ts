import type { FunctionSpec } from '#api/function.ts';
import type { SourceFiles } from '../function/revision.ts';
import { SourceError } from './source-error.ts';
import { FIRST_PIECE, GZIP } from './unpacked-source.ts';

type Source = NonNullable<FunctionSpec['source']>;

/** A ConfigMap that a source names, as it was read. */
export interface SourceConfigMap {
  name: string;
  /** Files by key, those of `binaryData` as base64; null: there is no such ConfigMap. */
  content: { data?: Record<string, string>; binaryData?: Record<string, string> } | null;
}

const DEFAULT_ENTRIES = ['ts', 'js', 'tsx', 'mts', 'cts', 'jsx', 'mjs', 'cjs'].map((extension) => `index.${extension}`);

/** Names of the ConfigMaps that hold the source, in order; empty: it stands in the Function. */
export function sourceConfigMaps({ configMapRef, configMapRefs = [] }: Partial<Source>): string[] {
  return [...(configMapRef === undefined ? [] : [configMapRef.name]), ...configMapRefs.map(({ name }) => name)];
}

/**
 * The files of `spec.source`. One inline module is the file `index.ts`.
 * @param configMaps those that it names, see `sourceConfigMaps`.
 * Throws a SourceError when one is missing, a file is in two, or the entry is not among the files.
 */
export function sourceFiles(source: Source, configMaps: readonly SourceConfigMap[]): SourceFiles {
  if (source.inline !== undefined) return { files: { 'index.ts': source.inline }, entry: 'index.ts' };
  const { files, binary } =
    source.files === undefined ? configMapFiles(configMaps) : { files: source.files, binary: {} };
  const isThere = (name: string) =>
    Object.hasOwn(files, name) || [GZIP, GZIP + FIRST_PIECE].some((suffix) => Object.hasOwn(binary, name + suffix));
  const entry = source.entry ?? DEFAULT_ENTRIES.find(isThere);
  if (entry === undefined || !isThere(entry)) throw noEntry(entry, files, binary);
  return { files, ...(Object.keys(binary).length > 0 && { binary }), entry };
}

function noEntry(
  entry: string | undefined,
  files: Record<string, string>,
  binary: Record<string, string>,
): SourceError {
  if (entry !== undefined && Object.hasOwn(binary, entry)) {
    return new SourceError('CompileFailed', `${entry} is not text: save it as UTF-8`);
  }
  const problem = entry === undefined ? 'neither index.ts nor index.js is' : `spec.source.entry "${entry}" is not`;
  return new SourceError(
    'CompileFailed',
    `${problem} among the files (${listed({ ...files, ...binary })}); name the file with the handler in spec.source.entry`,
  );
}

/** A ConfigMap's key cannot hold a slash: `lib__greet.ts` is the file `lib/greet.ts`. */
function configMapFiles(configMaps: readonly SourceConfigMap[]): Required<Omit<SourceFiles, 'entry'>> {
  const places = new Map<string, string>();
  const made: Required<Omit<SourceFiles, 'entry'>> = { files: {}, binary: {} };
  const add = (into: Record<string, string>, name: string, content: Record<string, string> = {}) => {
    for (const [key, text] of Object.entries(content)) {
      const path = key.replaceAll('__', '/');
      const other = places.get(path);
      if (other !== undefined) throw inTwo(path, other, name);
      places.set(path, name);
      into[path] = text;
    }
  };
  for (const { name, content } of configMaps) {
    if (content === null) throw missing(name);
    add(made.files, name, content.data);
    add(made.binary, name, content.binaryData);
  }
  return made;
}

function missing(name: string): SourceError {
  return new SourceError(
    'ConfigMapNotFound',
    `there is no ConfigMap "${name}" in the function's namespace; create it with the source files as its keys (spec.source.configMapRef)`,
  );
}

function inTwo(path: string, one: string, other: string): SourceError {
  const where = one === other ? `twice in the ConfigMap "${one}"` : `in the ConfigMaps "${one}" and "${other}"`;
  return new SourceError('CompileFailed', `the file "${path}" is ${where}: each path may be there once`);
}

function listed(files: Record<string, string>): string {
  const names = Object.keys(files).sort();
  const shown = names.slice(0, 10).join(', ');
  return names.length === 0 ? 'there are none' : names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
