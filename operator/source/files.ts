import type { FunctionSpec } from '#api/function.ts';
import type { SourceFiles } from '../function/revision.ts';
import { SourceError } from './source-error.ts';

const DEFAULT_ENTRIES = ['index.ts', 'index.js'];

/**
 * The files of `spec.source`. One inline module is the file `index.ts`.
 * @param configMap contents of the ConfigMap that `configMapRef` names; null: there is none.
 * Throws a SourceError when it is missing or the entry is not among the files.
 */
export function sourceFiles(
  source: NonNullable<FunctionSpec['source']>,
  configMap: Record<string, string> | null,
): SourceFiles {
  if (source.inline !== undefined) return { files: { 'index.ts': source.inline }, entry: 'index.ts' };
  const files = source.files ?? configMapFiles(source.configMapRef?.name ?? '', configMap);
  const entry = source.entry ?? DEFAULT_ENTRIES.find((name) => Object.hasOwn(files, name));
  if (entry === undefined || !Object.hasOwn(files, entry)) {
    throw new SourceError(
      'CompileFailed',
      `${entry === undefined ? 'neither index.ts nor index.js is' : `spec.source.entry "${entry}" is not`} among the files (${listed(files)}); name the file with the handler in spec.source.entry`,
    );
  }
  return { files, entry };
}

/** A ConfigMap's key cannot hold a slash: `lib__greet.ts` is the file `lib/greet.ts`. */
function configMapFiles(name: string, data: Record<string, string> | null): Record<string, string> {
  if (data === null) {
    throw new SourceError(
      'ConfigMapNotFound',
      `there is no ConfigMap "${name}" in the function's namespace; create it with the source files as its keys (spec.source.configMapRef)`,
    );
  }
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key.replaceAll('__', '/'), text]));
}

function listed(files: Record<string, string>): string {
  const names = Object.keys(files).sort();
  const shown = names.slice(0, 10).join(', ');
  return names.length === 0 ? 'there are none' : names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
