/** What of a source is in no bundle, and the sentence that says so. Pure. */
import { posix } from 'node:path';
import type { SourceFiles } from '../function/revision.ts';

const TYPESCRIPT = /\.[cm]?tsx?$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;
const SHOWN = 5;

/** @param used paths that went into the bundle, or were read for it. Undefined: all did. */
export function unusedNote(source: SourceFiles, used: ReadonlySet<string>): string | undefined {
  const unused = [...Object.keys(source.files), ...Object.keys(source.binary ?? {})].filter(
    (path) => !used.has(path) && !DECLARATIONS.test(path) && !isImportedAsTypes(path, source),
  );
  if (unused.length === 0) return undefined;
  const names = unused.sort().slice(0, SHOWN).join(', ');
  const more = unused.length > SHOWN ? ` and ${unused.length - SHOWN} more` : '';
  const count = unused.length === 1 ? '1 file is' : `${unused.length} files are`;
  return `${count} never imported, and not there when the function runs: ${names}${more}`;
}

/** Of TypeScript that is imported for its types nothing is left. */
function isImportedAsTypes(path: string, { files }: SourceFiles): boolean {
  if (!TYPESCRIPT.test(path)) return false;
  const stem = posix.basename(path).replace(TYPESCRIPT, '');
  const name = stem === 'index' ? posix.basename(posix.dirname(path)) : stem;
  const quoted = ['"', "'"].flatMap((quote) =>
    ['', '.js', '.ts', '.tsx', '.mjs', '.mts'].map((end) => `/${name}${end}${quote}`),
  );
  return Object.entries(files).some(([other, text]) => other !== path && quoted.some((one) => text.includes(one)));
}
