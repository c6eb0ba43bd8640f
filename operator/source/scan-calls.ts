import { posix } from 'node:path';
import type * as esbuild from 'esbuild';

/** A call, by the place of its `import` or `require`. */
export interface CallSite {
  kind: 'import' | 'require';
  /** Offset and length in bytes of UTF-8. */
  start: number;
  length: number;
}

/** What was found in one file by parsing it, and nothing but it. */
export interface ScannedFile {
  /** Calls whose argument is computed. */
  computed: CallSite[];
  /** What is required where no `try` is around: it has to be there. */
  required: Set<string>;
  /** `import.defer(…)` and the like, of a path that is computed: where. */
  phased: esbuild.Location | undefined;
}

interface FileToScan {
  path: string;
  text: string;
  /** The options that code is read by. */
  tsconfigRaw: string;
}

/** esbuild's own parser, alone: over no file system. */
export type Transform = (text: string, options: esbuild.TransformOptions) => Promise<esbuild.TransformResult>;

export const LOADERS: Record<string, esbuild.Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
};
const OPTIONS: esbuild.TransformOptions = {
  format: 'esm',
  platform: 'node',
  // Whatever the language level, calls are the same; to print for an older one takes more memory.
  target: 'esnext',
  logLevel: 'silent',
  logLimit: 0,
  logOverride: { 'unsupported-dynamic-import': 'warning', 'unsupported-require-call': 'warning' },
};
/** How far the text behind a call is looked at, in bytes. */
const LOOKED_AT = 1_024;
/** Without one of these a file calls neither, not even by a name that is written in escapes. */
const MAY_CALL = /import|require|\\u/;
const NEWLINES = /\r\n|[\n\r\u2028\u2029]/g;

/**
 * Finds the calls of `import` and `require` that the bundler would look for on disk, as its own parser sees them.
 * Throws esbuild's failure where the text does not parse.
 */
export async function scanCalls({ path, text, tsconfigRaw }: FileToScan, transform: Transform): Promise<ScannedFile> {
  const found: ScannedFile = { computed: [], required: new Set(), phased: undefined };
  const loader = LOADERS[posix.extname(path)];
  if (loader === undefined || loader === 'json' || !MAY_CALL.test(text)) return found;
  const { warnings } = await transform(text, { ...OPTIONS, tsconfigRaw, loader, sourcefile: path });
  const seen = new Set<number>();
  for (const { isComputed, site, location, rest } of callsIn(text, warnings)) {
    if (!isComputed) addLiteral(found.required, rest);
    if (!isComputed || seen.has(site.start)) continue;
    seen.add(site.start);
    found.computed.push(site);
    if (site.kind === 'import' && /^\s*\./.test(rest)) found.phased = location;
  }
  return found;
}

interface Call {
  site: CallSite;
  location: esbuild.Location;
  isComputed: boolean;
  /** Text behind the call's name. */
  rest: string;
}

function callsIn(text: string, warnings: readonly esbuild.Message[]): Call[] {
  const bytes = Buffer.from(text);
  const starts = lineStarts(text);
  return warnings.flatMap(({ id, text: says, location }) => {
    if (location === null || !id.startsWith('unsupported-')) return [];
    const start = (starts[location.line - 1] ?? 0) + location.column;
    const { length } = location;
    const rest = bytes.subarray(start + length, start + length + LOOKED_AT).toString();
    const kind = id === 'unsupported-dynamic-import' ? 'import' : 'require';
    return [{ site: { kind, start, length }, location, isComputed: !says.startsWith('Converting'), rest }];
  });
}

function addLiteral(required: Set<string>, rest: string): void {
  const literal = /^\s*\(\s*(['"`])([^'"`\\]*)\1/.exec(rest)?.[2];
  if (literal !== undefined) required.add(literal);
}

/** Offsets of the lines in bytes of UTF-8. */
function lineStarts(text: string): number[] {
  const starts = [0];
  let bytes = 0;
  let from = 0;
  for (const { index, 0: newline } of text.matchAll(NEWLINES)) {
    const end = index + newline.length;
    bytes += Buffer.byteLength(text.slice(from, end));
    starts.push(bytes);
    from = end;
  }
  return starts;
}
