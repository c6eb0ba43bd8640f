import { posix } from 'node:path';
import type * as esbuild from 'esbuild';
import { FRAMEWORK_GLOBAL, FRAMEWORK_PACKAGE, TYPES_PACKAGE } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';
import { type Exported, requireHandler, type WantedHandler } from './exported-handler.ts';
import { resolveImport } from './resolve.ts';
import { SourceError } from './source-error.ts';
import { timedFiles, withMark, withoutMark, withTimedRequires } from './timed-modules.ts';

/** A function's modules as one. */
export interface Bundle {
  /** One ECMAScript module, with an inline source map whose sources are the files' own paths. */
  code: string;
  /** The same without the sources' text in the map: for when the other is too large to store. */
  leanCode: string;
}

/** The part of esbuild that is used: given in, because loading it is the caller's to time. */
export type Build = (options: esbuild.BuildOptions) => Promise<esbuild.BuildResult>;

const NAMESPACE = 'function';
const REQUIRED = 'node-builtin';
const FRAMEWORK = 'framework';
/** What hands out `http` and `cloudEvent`, by which functions register themselves with the runtime. */
const FRAMEWORK_VALUE = `globalThis[Symbol.for(${JSON.stringify(FRAMEWORK_GLOBAL)})]`;
/** Of a bundle that the bundler left `require` in. */
const DYNAMIC_REQUIRE = 'Dynamic require of';
/**
 * What the bundler could not put in place calls `require`, which an ES module has none of: Node's modules and the Functions
 * Framework in code that was bundled before, and packages that are tried for and may be absent.
 */
const requireBanner = (framework: boolean) => `globalThis.require ??= (name) => {
  const found = ${framework ? `name === '${FRAMEWORK_PACKAGE}' ? ${FRAMEWORK_VALUE} : ` : ''}process.getBuiltinModule(name);
  if (found === undefined) throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
  return found;
};`;
const MESSAGES_SHOWN = 3;
const LOADERS: Record<string, esbuild.Loader> = {
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

/**
 * Compiles `source` into one module that Node 24 loads. Reads nothing from disk or network.
 * @param handler what must be there to be called.
 * Throws a SourceError that names file, line and column (both from 1, the column in characters).
 */
export async function bundle(source: SourceFiles, handler: WantedHandler, build: Build): Promise<Bundle> {
  const compile = (timed: readonly string[], more: esbuild.BuildOptions = {}) =>
    build({ ...options(source, timed), ...more }).catch((error: unknown) => {
      throw isBuildFailure(error)
        ? new SourceError('CompileFailed', describeFailure(error.errors), { cause: error })
        : error;
    });
  const plain = await compile([]);
  const text = outputOf(plain, '.js');
  const requires = text.includes(DYNAMIC_REQUIRE);
  const requiresFramework = requires && text.includes(FRAMEWORK_PACKAGE);
  const timed = timedFiles(source, inputsOf(plain));
  const isPlain = !requires && timed.length === 0;
  const result = isPlain
    ? plain
    : await compile(timed, requires ? { banner: { js: requireBanner(requiresFramework) } } : {});
  const exported = exportsOf(source.entry, result.metafile);
  requireHandler({ ...exported, mayRegister: exported.mayRegister || requiresFramework }, handler);
  const map = JSON.parse(outputOf(result, '.js.map')) as { sources: string[]; sourcesContent?: string[] };
  const sources = map.sources.map((path) => path.slice(path.indexOf(':') + 1));
  const { sourcesContent: marked, ...leanMap } = map;
  const sourcesContent = marked?.map((text, index) => withoutMark(text, sources[index] ?? ''));
  const code = timed.length === 0 ? outputOf(result, '.js') : withTimedRequires(outputOf(result, '.js'));
  const withMap = (full: object) =>
    `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(full)).toString('base64')}\n`;
  return { code: withMap({ ...map, sources, sourcesContent }), leanCode: withMap({ ...leanMap, sources }) };
}

/** Paths of the function's files, and names of what stands beside them. */
function inputsOf({ metafile }: esbuild.BuildResult): string[] {
  return Object.keys(metafile?.inputs ?? {}).map((input) => input.slice(input.indexOf(':') + 1));
}

function outputOf({ outputFiles }: esbuild.BuildResult, suffix: string): string {
  return outputFiles?.find((file) => file.path.endsWith(suffix))?.text ?? '';
}

function options(source: SourceFiles, timed: readonly string[]): esbuild.BuildOptions {
  return {
    entryPoints: { bundle: source.entry },
    absWorkingDir: '/',
    outdir: '/',
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
    // Given, so that none is looked for on disk.
    tsconfigRaw: '{}',
    plugins: [onlyGivenFiles(source, timed)],
  };
}

function onlyGivenFiles({ files, entry }: SourceFiles, timed: readonly string[]): esbuild.Plugin {
  return {
    name: 'only-given-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) =>
        args.kind === 'entry-point' ? { path: entry, namespace: NAMESPACE } : resolved(args, files),
      );
      build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
        loader: 'js',
      }));
      // Functions that register themselves do so with the runtime.
      build.onLoad({ filter: /.*/, namespace: FRAMEWORK }, () => ({
        contents: `const framework = ${FRAMEWORK_VALUE};
          export const { http, cloudEvent } = framework;
          export default framework;`,
        loader: 'js',
      }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => {
        const loader = LOADERS[posix.extname(path)];
        const text = files[path] ?? '';
        if (loader !== undefined) return { contents: timed.includes(path) ? withMark(text, path) : text, loader };
        return {
          errors: [{ text: `"${path}" is neither TypeScript, JavaScript nor JSON: only these can be imported` }],
        };
      });
    },
  };
}

function resolved(
  { path, importer, kind }: esbuild.OnResolveArgs,
  files: Record<string, string>,
): esbuild.OnResolveResult | undefined {
  if (path === FRAMEWORK_PACKAGE) return { path, namespace: FRAMEWORK };
  const found = resolveImport(path, importer, files);
  const isRequired = kind === 'require-call';
  if (found.kind === 'file') return { path: found.path, namespace: NAMESPACE };
  // A package that is required may be in a `try`: then the bundler leaves it, else it says that it is not there.
  if (found.kind === 'none') return isRequired ? undefined : { errors: [{ text: unresolved(path) }] };
  // An ES module has no `require`.
  return isRequired ? { path: found.name, namespace: REQUIRED } : { path: found.name, external: true };
}

function exportsOf(entry: string, metafile: esbuild.Metafile | undefined): Exported {
  const output = Object.values(metafile?.outputs ?? {}).find((file) => file.entryPoint !== undefined);
  const inputs = metafile?.inputs ?? {};
  return {
    entry,
    names: output?.exports ?? [],
    isCommonJs: inputs[`${NAMESPACE}:${entry}`]?.format === 'cjs',
    mayRegister: `${FRAMEWORK}:${FRAMEWORK_PACKAGE}` in inputs,
  };
}

function unresolved(specifier: string): string {
  if (specifier === TYPES_PACKAGE) {
    return `"${TYPES_PACKAGE}" has only types for a function, and what its tests need: import from it by "import type"`;
  }
  return /^\.{0,2}\//.test(specifier)
    ? `there is no file for the import "${specifier}" in spec.source`
    : `the import "${specifier}" cannot be resolved: a function from source has its own files and Node's modules (node:…) only. Bundle the package into the source yourself, or build an image FROM the Catnap runtime image with the package in it and give that as spec.image`;
}

function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function describeFailure(errors: readonly esbuild.Message[]): string {
  const shown = errors.slice(0, MESSAGES_SHOWN).map(describe);
  const more = errors.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** `index.ts:3:14: Expected ";" but found "x"`, and the line it is about. */
function describe({ text, location }: esbuild.Message): string {
  const missing = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  const problem = missing === undefined ? text : unresolved(missing);
  if (location === null) return problem;
  const file = location.file.slice(location.file.indexOf(':') + 1);
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString();
  const excerpt = location.lineText.trim().slice(0, 160);
  return `${file}:${location.line}:${before.length + 1}: ${problem}${excerpt === '' ? '' : ` in \`${excerpt}\``}`;
}
