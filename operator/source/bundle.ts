import type * as esbuild from 'esbuild';
import { FRAMEWORK_PACKAGE } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';
import { describeFailure, isBuildFailure } from './build-failure.ts';
import { bundleMap } from './bundle-map.ts';
import { type Exported, requireHandler, type WantedHandler } from './exported-handler.ts';
import { COMPUTED, ENTRY, FRAMEWORK_VALUE, type GivenFiles, NAMESPACE, onlyGivenFiles } from './given-files.ts';
import { prepareSource } from './prepared-source.ts';
import { SourceError } from './source-error.ts';
import { timedFiles, withTimedRequires } from './timed-modules.ts';

/** A function's modules as one. */
export interface Bundle {
  /** One ECMAScript module, with an inline source map whose sources are the files' own paths. */
  code: string;
  /** The same without the sources' text in the map: for when the other is too large to store. */
  leanCode(): string;
}

/** The part of esbuild that is used: given in, because loading it is the caller's to time. */
export type Esbuild = Pick<typeof esbuild, 'build' | 'transform'>;

/** A folder that cannot be there: esbuild looks at the one that it works in. */
const NOWHERE = '/dev/null/catnap';
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

/**
 * Compiles `source` into one module that Node 24 loads. Reads nothing from disk or network.
 * @param handler what must be there to be called.
 * Throws a SourceError that names file, line and column (both from 1, the column in characters).
 */
export async function bundle(
  source: SourceFiles,
  handler: WantedHandler,
  { build, transform }: Esbuild,
): Promise<Bundle> {
  const prepared = await prepareSource(source, transform);
  const compile = async (timed: readonly string[], more: esbuild.BuildOptions = {}) => {
    const result = await build({ ...options({ source, prepared, timed }), ...more }).catch((error: unknown) => {
      throw isBuildFailure(error) ? sourceError(error, source) : error;
    });
    requireOnlyGiven(source, result);
    return result;
  };
  const plain = await compile([]);
  const text = outputOf(plain, '.js');
  const requires = text.includes(DYNAMIC_REQUIRE);
  const requiresFramework = requires && text.includes(FRAMEWORK_PACKAGE);
  const timed = timedFiles(source, ownInputs(plain));
  const isPlain = !requires && timed.length === 0;
  const result = isPlain
    ? plain
    : await compile(timed, requires ? { banner: { js: requireBanner(requiresFramework) } } : {});
  const exported = exportsOf(source.entry, result.metafile);
  requireHandler({ ...exported, mayRegister: exported.mayRegister || requiresFramework }, handler);
  const code = timed.length === 0 ? outputOf(result, '.js') : withTimedRequires(outputOf(result, '.js'));
  const map = bundleMap(outputOf(result, '.js.map'), source, prepared.mappedTexts);
  const { sourcesContent, ...leanMap } = map;
  const withMap = (full: object) =>
    `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(full)).toString('base64')}\n`;
  return { code: withMap({ ...leanMap, sourcesContent }), leanCode: () => withMap(leanMap) };
}

function sourceError(failure: esbuild.BuildFailure, { files }: SourceFiles): SourceError {
  const thrown = failure.errors.find(({ detail }) => detail instanceof SourceError)?.detail;
  return thrown ?? new SourceError('CompileFailed', describeFailure(failure.errors, files), { cause: failure });
}

/** Paths of the function's files that went in. */
function ownInputs({ metafile }: esbuild.BuildResult): string[] {
  const own = `${NAMESPACE.own}:`;
  return Object.keys(metafile?.inputs ?? {}).flatMap((input) =>
    input.startsWith(own) ? [input.slice(own.length)] : [],
  );
}

/** Throws when anything went in that was neither given nor is ours. */
function requireOnlyGiven({ files }: SourceFiles, result: esbuild.BuildResult): void {
  const own = new Set(ownInputs(result).map((path) => `${NAMESPACE.own}:${path}`));
  const others = Object.keys(result.metafile?.inputs ?? {}).filter((input) => !own.has(input));
  const namespaces: string[] = [NAMESPACE.builtin, NAMESPACE.framework, NAMESPACE.computed];
  const strange =
    ownInputs(result).find((path) => !Object.hasOwn(files, path)) ??
    others.find((input) => !namespaces.includes(input.slice(0, input.indexOf(':'))));
  if (strange === undefined) return;
  throw new SourceError(
    'CompileFailed',
    `"${strange}" would go into the bundle, and is not among the files of spec.source`,
  );
}

function outputOf({ outputFiles }: esbuild.BuildResult, suffix: string): string {
  return outputFiles?.find((file) => file.path.endsWith(suffix))?.text ?? '';
}

function options(given: GivenFiles): esbuild.BuildOptions {
  return {
    entryPoints: { bundle: ENTRY },
    ...(given.prepared.computedImports !== undefined && { inject: [COMPUTED] }),
    absWorkingDir: NOWHERE,
    outdir: NOWHERE,
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
    plugins: [onlyGivenFiles(given)],
  };
}

function exportsOf(entry: string, metafile: esbuild.Metafile | undefined): Exported {
  const output = Object.values(metafile?.outputs ?? {}).find((file) => file.entryPoint !== undefined);
  const inputs = metafile?.inputs ?? {};
  return {
    entry,
    names: output?.exports ?? [],
    isCommonJs: inputs[`${NAMESPACE.own}:${entry}`]?.format === 'cjs',
    mayRegister: `${NAMESPACE.framework}:${FRAMEWORK_PACKAGE}` in inputs,
  };
}
