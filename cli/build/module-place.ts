/**
 * Where own modules believe to be: `__dirname`, `import.meta.dirname` and the like are those of the file below the function's
 * folder, as in source that the operator bundles, not those of the one module that all become.
 */
import { readFile } from 'node:fs/promises';
import { basename, extname, join, posix, relative } from 'node:path';
import { type BuildOptions, type Loader, type Metafile, type OnLoadResult, type Plugin, transform } from 'esbuild';
import { BUNDLE_FOLDER } from '#api/names.ts';
import { CODE, packageOf } from './input-path.ts';

/** A file without one of these asks for none of it, not even in escapes or over several lines. */
const MAY_ASK = /__(?:dir|file)name|\bmeta\b|\\u/;
/** How the text of a CommonJS file is read. */
const LOADERS: Record<string, Loader> = { '.js': 'jsx', '.jsx': 'jsx', '.ts': 'ts', '.cts': 'ts', '.tsx': 'tsx' };
const PLACE = 'catnap-place';
/** What the whole is called. */
const MODULE = 'index.js';
const NAMES = {
  __dirname: '$catnap_dirname',
  __filename: '$catnap_filename',
  'import.meta.dirname': '$catnap_dirname',
  'import.meta.filename': '$catnap_filename',
  'import.meta.url': '$catnap_url',
};

/** Own files that may ask, by their path from the folder, and whether each is CommonJS. Empty: none does. */
export type PlacedFiles = ReadonlyMap<string, { isCommonJs: boolean }>;

export async function findPlaced(folder: string, { inputs }: Metafile): Promise<PlacedFiles> {
  const placed = new Map<string, { isCommonJs: boolean }>();
  for (const [file, { format }] of Object.entries(inputs)) {
    if (format === undefined || packageOf(file) !== undefined || file.startsWith('..') || !CODE.test(file)) continue;
    if (MAY_ASK.test(await readFile(join(folder, file), 'utf8'))) placed.set(file, { isCommonJs: format === 'cjs' });
  }
  return placed;
}

/** What the bundler is told besides: what all files call their place, and what it is for those that were given none. */
export function placeOptions(placed: PlacedFiles): Pick<BuildOptions, 'define' | 'banner'> {
  if ([...placed.values()].every(({ isCommonJs }) => isCommonJs)) return {};
  const values = Object.entries(placeOf(MODULE)).map(([name, value]) => `$catnap_${name}=${JSON.stringify(value)}`);
  return { define: NAMES, banner: { js: `var ${values.join(',')};` } };
}

/** Gives each of the files its place. No line moves. */
export function withPlaces(folder: string, placed: PlacedFiles): Plugin {
  return {
    name: 'module-place',
    setup: ({ onResolve, onLoad }) => {
      onLoad({ filter: CODE, namespace: 'file' }, async ({ path, with: attributes }) => {
        const file = relative(folder, path);
        const known = attributes.type === undefined ? placed.get(file) : undefined;
        if (known === undefined) return undefined;
        const text = await readFile(path, 'utf8');
        return known.isCommonJs
          ? await commonJs(file, text)
          : { contents: text + placeImport(file), loader: 'default' };
      });
      onResolve({ filter: new RegExp(`^${PLACE}:`) }, ({ path }) => ({
        path: path.slice(PLACE.length + 1),
        namespace: PLACE,
        sideEffects: false,
      }));
      onLoad({ filter: /.*/, namespace: PLACE }, ({ path }) => ({ contents: placeModule(path), loader: 'js' }));
    },
  };
}

/** A text as its author wrote it. */
export function withoutPlace(source: string, text: string): string {
  if (source.startsWith(`${PLACE}:`)) return '';
  const suffix = placeImport(source);
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** Imports are hoisted, so that no line or column moves. */
function placeImport(file: string): string {
  const names = ['dirname', 'filename', 'url'].map((name) => `place_${name} as $catnap_${name}`);
  return `\n;import { ${names.join(', ')} } from ${JSON.stringify(`${PLACE}:${file}`)};`;
}

function placeModule(file: string): string {
  const values = Object.entries(placeOf(file)).map(([name, value]) => `place_${name} = ${JSON.stringify(value)}`);
  return `export const ${values.join(', ')};`;
}

/** CommonJS cannot import its place: its names for it are replaced, where they are not its own. */
async function commonJs(file: string, text: string): Promise<OnLoadResult> {
  const { dirname, filename } = placeOf(file);
  const { code } = await transform(text, {
    loader: LOADERS[extname(file)] ?? 'js',
    jsx: 'preserve',
    target: 'esnext',
    define: { __dirname: JSON.stringify(dirname), __filename: JSON.stringify(filename) },
    charset: 'utf8',
    sourcemap: 'inline',
    sourcefile: basename(file),
    logLevel: 'silent',
  });
  return { contents: code, loader: 'jsx' };
}

function placeOf(file: string) {
  const filename = posix.join(BUNDLE_FOLDER, file);
  return { dirname: posix.dirname(filename), filename, url: `file://${filename}` };
}
