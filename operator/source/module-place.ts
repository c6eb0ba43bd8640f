/**
 * Where a module believes to be: `__dirname`, `__filename`, `import.meta.dirname`, `.filename` and `.url`. A bundle is one
 * file that is nowhere on disk; each of its modules is told the place below the function's folder that it has in the source. Pure.
 */
import { posix } from 'node:path';
import { BUNDLE_FOLDER } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';

/** What the module is called that holds a file's place, before the file's path. */
export const PLACE = 'place:';
const DIRNAME = '$catnap_dirname';
const FILENAME = '$catnap_filename';
const URL_NAME = '$catnap_url';
/** A file without one of these asks for none of it, not even in escapes or over several lines. */
const MAY_ASK = /__(?:dir|file)name|\bmeta\b|\\u/;

/** What the bundler puts in place of what is asked for; scopes in which such a name is declared stay as they are. */
export const PLACE_NAMES: Record<string, string> = {
  __dirname: DIRNAME,
  __filename: FILENAME,
  'import.meta.dirname': DIRNAME,
  'import.meta.filename': FILENAME,
  'import.meta.url': URL_NAME,
};

/** Files that may ask where they are. @param code paths of those that went into the bundle as code. */
export function placedFiles({ files }: SourceFiles, code: readonly string[]): string[] {
  return code.filter((path) => MAY_ASK.test(files[path] ?? ''));
}

/** What is put behind an ES module; imports are hoisted, so that no line or column moves. */
export function placeImport(path: string): string {
  return `\n;import { ${DIRNAME}, ${FILENAME}, ${URL_NAME} } from ${JSON.stringify(PLACE + path)};`;
}

/** The module that it imports. */
export function placeModule(path: string): string {
  return `export ${declaration('const', path)}`;
}

/**
 * Tells the CommonJS modules of a bundle their places, on the line on which the bundler begins each: no line moves.
 * @param code as esbuild prints it.
 * @param namespace before a module's path there.
 */
export function withPlacedCommonJs(code: string, paths: readonly string[], namespace: string): string {
  if (paths.length === 0) return code;
  const byName = new Map(paths.map((path) => [JSON.stringify(`${namespace}:${path}`), path]));
  return code.replace(/^ +("[^"\n]+")\((?:exports(?:, module)?)?\) \{$/gm, (line, name: string) => {
    const path = byName.get(name);
    return path === undefined ? line : `${line} ${declaration('var', path)}`;
  });
}

function declaration(kind: 'const' | 'var', path: string): string {
  const file = posix.join(BUNDLE_FOLDER, path);
  const values = [
    [DIRNAME, posix.dirname(file)],
    [FILENAME, file],
    [URL_NAME, `file://${file}`],
  ];
  return `${kind} ${values.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ')};`;
}
