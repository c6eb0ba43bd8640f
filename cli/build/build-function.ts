import { resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { FRAMEWORK_PACKAGE, TYPES_PACKAGE } from '#api/names.ts';
import { BUNDLE_SHAPE } from '#api/rules/bundle-shape.ts';
import type { BuildSettings } from '../project/project.ts';
import { buildError, isBuildFailure } from './build-failure.ts';
import type { BuiltCode } from './built-code.ts';
import { withModuleExports } from './common-js-entry.ts';
import { fileKinds } from './file-kinds.ts';
import { addonsAbsent, findLeftOut, withAbsent } from './left-out.ts';
import { findPlaced, type PlacedFiles, placeOptions, withPlaces } from './module-place.ts';
import type { MissingImport } from './native-packages.ts';
import { partSizes } from './part-sizes.ts';
import { jsxIsPreserved } from './preserved-jsx.ts';
import { readsBeside } from './reads-beside.ts';
import { withOwnTexts } from './source-map.ts';

/** What is bundled. */
export interface BuildRequest {
  /** Absolute; paths in the result are from here. */
  folder: string;
  /** Absolute path of the module with the handler. */
  entry: string;
  settings: BuildSettings;
}

/**
 * Bundles a module with all that it imports into one that Node 24 loads. Equal files give equal bytes. Throws a CommandError that
 * names file, line and column where it does not compile, or where something cannot be part of a module.
 */
export async function buildFunction(request: BuildRequest): Promise<BuiltCode> {
  const { folder } = request;
  const first = await bundled(request, {});
  const { errors, absent } = await findLeftOut(folder, first.metafile);
  if (errors.length > 0) throw buildError(errors);
  const placed = await findPlaced(folder, first.metafile);
  const isComplete = absent.length === 0 && placed.size === 0;
  const result = isComplete ? first : await bundled(request, secondPass(folder, absent, placed));
  const output = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  const files = Object.keys(result.metafile.inputs).flatMap(fileOf);
  const warnings = result.warnings.filter(({ location }) => !isOfPackage(location?.file)).map(inOneLine);
  return {
    code: isCommonJs(result.metafile) ? withModuleExports(output('.js')) : output('.js'),
    map: withOwnTexts(output('.js.map')),
    inputs: [...new Set(files.map((path) => resolve(folder, path)))],
    warnings: [...warnings, ...(await readsBeside(folder, files))],
    sizes: partSizes(result.metafile),
  };
}

/** What the first pass has shown to be needed. */
function secondPass(folder: string, absent: readonly MissingImport[], placed: PlacedFiles): esbuild.BuildOptions {
  const plugins = [...(absent.length > 0 ? [withAbsent(folder, absent)] : []), withPlaces(folder, placed)];
  return { ...placeOptions(placed), plugins };
}

async function bundled({ folder, entry, settings }: BuildRequest, more: esbuild.BuildOptions) {
  const { external = [], define = {}, minify } = settings;
  try {
    return await esbuild.build({
      ...OPTIONS,
      absWorkingDir: folder,
      entryPoints: { index: entry },
      outdir: folder,
      ...(more.banner !== undefined && { banner: more.banner }),
      define: { ...define, ...more.define },
      ...((await jsxIsPreserved(folder, entry)) && { jsx: 'automatic' }),
      // The runtime stands in for the Functions Framework.
      external: [FRAMEWORK_PACKAGE, ...external],
      minifyWhitespace: minify !== false,
      minifySyntax: minify !== false,
      minifyIdentifiers: minify === true,
      plugins: [...(more.plugins ?? []), fileKinds, typesOnly, addonsAbsent],
    });
  } catch (error) {
    if (isBuildFailure(error)) throw buildError(error.errors, error);
    throw error;
  }
}

const OPTIONS = {
  ...BUNDLE_SHAPE,
  logLimit: 0,
  // What is computed shows when it runs: those of the own code are worth a word.
  logOverride: { 'unsupported-dynamic-import': 'warning', 'unsupported-require-call': 'warning' },
  // What the bundler gives another name still says its own: some packages go by `constructor.name`.
  keepNames: true,
} as const satisfies esbuild.BuildOptions;

/** The package of types has nothing for a function that runs. */
const typesOnly: esbuild.Plugin = {
  name: 'types-only',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^${TYPES_PACKAGE}$`) }, () => ({
      errors: [{ text: `"${TYPES_PACKAGE}" has only types for a function: import from it by "import type"` }],
    }));
  },
};

function isCommonJs({ inputs, outputs }: esbuild.Metafile): boolean {
  const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint;
  return entry !== undefined && inputs[entry]?.format === 'cjs';
}

/** Path from the folder; none where it is no file on disk. What is imported by `with { … }` has that behind its path. */
function fileOf(input: string): string[] {
  const path = input.replace(/ with \{.*$/s, '');
  return /^[\w-]+:/.test(path) ? [] : [path];
}

function isOfPackage(file: string | undefined): boolean {
  return file?.split('/').includes('node_modules') ?? false;
}

function inOneLine({ text, location }: esbuild.Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
