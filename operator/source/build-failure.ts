/** What esbuild says of a source that does not compile, in terms of the user's own files. Pure. */
import type * as esbuild from 'esbuild';
import { TYPES_PACKAGE } from '#api/names.ts';

const MESSAGES_SHOWN = 3;
const NEWLINE = /\r\n|[\n\r\u2028\u2029]/;

export function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** @param files as the user wrote them: what was put into them or behind them is not shown. */
export function describeFailure(errors: readonly esbuild.Message[], files: Record<string, string>): string {
  const shown = errors.slice(0, MESSAGES_SHOWN).map((message) => describe(message, files));
  const more = errors.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** `index.ts:3:14: Expected ";" but found "x"`, and the line it is about. */
function describe({ text, location }: esbuild.Message, files: Record<string, string>): string {
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  const problem = missing === undefined ? text : unresolved(missing);
  if (location === null) return problem;
  const file = location.file.slice(location.file.indexOf(':') + 1);
  const { line, column, lineText } = ownPlace(location, files[file]);
  const excerpt = lineText.trim().slice(0, 160);
  return `${file}:${line}:${column}: ${problem}${excerpt === '' ? '' : shownLine(excerpt, problem)}`;
}

/** A sentence of its own behind what to do, so that it is not read as a part of that. */
function shownLine(excerpt: string, problem: string): string {
  return /\. [A-Z]/.test(problem) ? `. The line is \`${excerpt}\`` : ` in \`${excerpt}\``;
}

/** Line and column, from 1, the column in characters. What lies behind the user's text is at its end. */
function ownPlace({ line, column, lineText }: esbuild.Location, text: string | undefined) {
  const lines = text?.split(NEWLINE);
  const own = lines?.[line - 1];
  if (lines !== undefined && own === undefined) {
    const last = lines.at(-1) ?? '';
    return { line: lines.length, column: last.length + 1, lineText: last };
  }
  const shown = own ?? lineText;
  return { line, column: Buffer.from(shown).subarray(0, column).toString().length + 1, lineText: shown };
}

export function unresolved(specifier: string): string {
  if (specifier === TYPES_PACKAGE) {
    return `"${TYPES_PACKAGE}" has only types for a function, and what its tests need: import from it by "import type"`;
  }
  if (specifier.endsWith('.node')) {
    return `the native addon "${specifier}" cannot be part of a source. Build an image FROM the Catnap runtime image with the package in it and give that as spec.image`;
  }
  return /^\.{0,2}\//.test(specifier)
    ? `there is no file for the import "${specifier}" in spec.source`
    : `the import "${specifier}" cannot be resolved: a function from source has its own files and Node's modules (node:…) only. Bundle the package into the source yourself, or build an image FROM the Catnap runtime image with the package in it and give that as spec.image`;
}
