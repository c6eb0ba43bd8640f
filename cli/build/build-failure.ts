/** What the bundler says of code that does not compile, for people: file, line, column, the line itself. Pure. */
import type { BuildFailure, Message } from 'esbuild';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { NATIVE_ADVICE } from './native-advice.ts';

const SHOWN = 5;
const LINE_CHARS = 160;

export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

export function buildError(errors: readonly Message[], cause?: unknown): CommandError {
  const shown = errors.slice(0, SHOWN).map(describe);
  const more = errors.length - shown.length;
  const text = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  return new CommandError(text, EXIT.build, { cause });
}

/** `src/index.ts:3:14: Expected ";" but found "x"`, and below it the line with a mark; line and column from 1. */
function describe({ text, location }: Message): string {
  const problem = inWords(text);
  if (location === null) return problem;
  const { file, line, column, lineText } = location;
  const before = Buffer.from(lineText).subarray(0, column).toString();
  const place = `${file}:${line}:${before.length + 1}: ${problem}`;
  if (lineText.trim() === '' || lineText.length > LINE_CHARS) return place;
  return `${place}\n    ${lineText}\n    ${before.replaceAll(/[^\t]/g, ' ')}^`;
}

function inWords(text: string): string {
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  if (missing !== undefined)
    return /^\.{0,2}\//.test(missing) ? `there is no file "${missing}"` : notInstalled(missing);
  const addon = /^No loader is configured for "\.node" files: (.+)$/.exec(text)?.[1];
  if (addon !== undefined) return `the native addon ${addon} cannot be part of a module. ${NATIVE_ADVICE}`;
  const other = /^No loader is configured for "(.+)" files: (.+)$/.exec(text);
  if (other !== null)
    return `${other[2]} is neither TypeScript, JavaScript nor JSON: say as what it is imported, with { type: "text" } or "bytes"`;
  return text;
}

function notInstalled(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  if (!/^@?\w/.test(first))
    return `"${specifier}" cannot be resolved: is it generated, or named in package.json, first?`;
  const name = first.startsWith('@') ? `${first}/${second}` : first;
  return `"${specifier}" is not installed: npm install ${name}`;
}
