import { resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { FRAMEWORK_PACKAGE, TYPES_PACKAGE } from '#api/names.ts';
import type { BuildSettings } from '../project/project.ts';
import { buildError, isBuildFailure } from './build-failure.ts';
import type { BuiltCode } from './built-code.ts';
import { withModuleExports } from './common-js-entry.ts';
import { fileKinds } from './file-kinds.ts';
import { partSizes } from './part-sizes.ts';
import { jsxIsPreserved } from './preserved-jsx.ts';
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
  const result = await bundled(request);
  const output = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  const inputs = Object.keys(result.metafile.inputs).flatMap((input) => fileOf(input, request.folder));
  return {
    code: isCommonJs(result.metafile) ? withModuleExports(output('.js')) : output('.js'),
    map: withOwnTexts(output('.js.map')),
    inputs: [...new Set(inputs)],
    warnings: result.warnings.filter(({ location }) => !isOfPackage(location?.file)).map(inOneLine),
    sizes: partSizes(result.metafile),
  };
}

async function bundled({ folder, entry, settings }: BuildRequest) {
  const { external = [], define = {}, minify } = settings;
  try {
    return await esbuild.build({
      absWorkingDir: folder,
      entryPoints: { index: entry },
      outdir: folder,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      charset: 'utf8',
      legalComments: 'none',
      sourcemap: 'external',
      logLevel: 'silent',
      define,
      ...((await jsxIsPreserved(folder, entry)) && { jsx: 'automatic' as const }),
      // The runtime stands in for the Functions Framework.
      external: [FRAMEWORK_PACKAGE, ...external],
      minifyWhitespace: minify !== false,
      minifySyntax: minify !== false,
      minifyIdentifiers: minify === true,
      // What the bundler gives another name still says its own: some packages go by `constructor.name`.
      keepNames: true,
      plugins: [fileKinds, typesOnly],
    });
  } catch (error) {
    if (isBuildFailure(error)) throw buildError(error.errors, error);
    throw error;
  }
}

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

/** None where it is no file on disk. What is imported by `with { … }` has that behind its path. */
function fileOf(input: string, folder: string): string[] {
  const path = input.replace(/ with \{.*$/s, '');
  return /^[\w-]+:/.test(path) ? [] : [resolve(folder, path)];
}

function isOfPackage(file: string | undefined): boolean {
  return file?.split('/').includes('node_modules') ?? false;
}

function inOneLine({ text, location }: esbuild.Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
