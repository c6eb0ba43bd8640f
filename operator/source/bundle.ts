import type * as esbuild from 'esbuild';
import { FRAMEWORK_PACKAGE } from '#api/names.ts';
import { BUNDLE_SHAPE } from '#api/rules/bundle-shape.ts';
import type { SourceFiles } from '../function/revision.ts';
import { describeFailure, isBuildFailure } from './build-failure.ts';
import { type BundleMap, bundleMap } from './bundle-map.ts';
import { type Exported, requireHandler, type WantedHandler } from './exported-handler.ts';
import { fileKind, hasFile } from './file-kinds.ts';
import { COMPUTED, ENTRY, type GivenFiles, NAMESPACE, onlyGivenFiles } from './given-files.ts';
import { PLACE_NAMES } from './module-place.ts';
import { prepareSource } from './prepared-source.ts';
import { type FirstPass, type SecondPass, secondPass } from './second-pass.ts';
import { SourceError } from './source-error.ts';
import { unpackedSource } from './unpacked-source.ts';
import { unusedNote } from './unused-files.ts';

/** A function's modules as one. */
export interface Bundle {
  /** One ECMAScript module, with an inline source map. */
  code: string;
  /** The same without it. */
  text: string;
  /** The source map, whose sources are the files' own paths. */
  map: BundleMap;
  /** What the user has to know although it compiled. */
  notes: string[];
}

/** The part of esbuild that is used: given in, because loading it is the caller's to time. */
export type Esbuild = Pick<typeof esbuild, 'build' | 'transform'>;

/** A folder that cannot be there: esbuild looks at the one that it works in. */
const NOWHERE = '/dev/null/catnap';
const CODE = new Set(['ts', 'tsx', 'js', 'jsx']);
/** What a program does that is no handler. */
const STARTS_SERVER = /\.listen\s*\(|\b(?:Deno|Bun)\.serve\s*\(|\bserve\s*\(/;
/**
 * Compiles the source `given` into one module that Node 24 loads. Reads nothing from disk or network.
 * @param handler what must be there to be called.
 * Throws a SourceError that names file, line and column (both from 1, the column in characters).
 */
export async function bundle(
  given: SourceFiles,
  handler: WantedHandler,
  { build, transform }: Esbuild,
): Promise<Bundle> {
  const source = unpackedSource(given);
  const prepared = await prepareSource(source, transform);
  const compile = async (second?: SecondPass) => {
    const more = {
      ...(second?.banner && { banner: { js: second.banner } }),
      ...(second?.isPlaced && { define: PLACE_NAMES }),
    };
    const result = await build({
      ...options({ source, prepared, suffixes: second?.suffixes ?? new Map() }),
      ...more,
    }).catch((error: unknown) => {
      throw isBuildFailure(error) ? sourceError(error, source) : error;
    });
    requireOnlyGiven(source, result);
    return result;
  };
  const first = await compile();
  const second = secondPass(source, { text: outputOf(first, '.js'), code: codeOf(first, source) });
  const result = second === undefined ? first : await compile(second);
  const exported = exportsOf(source, result.metafile);
  requireHandler({ ...exported, mayRegister: exported.mayRegister || second?.requiresFramework === true }, handler);
  const unused = unusedNote(source, new Set([...ownInputs(result), ...prepared.tsConfig.files]));
  const notes = [...prepared.tsConfig.notes, ...(unused === undefined ? [] : [unused])];
  const printed = outputOf(result, '.js');
  const map = bundleMap(outputOf(result, '.js.map'), source, prepared.mappedTexts);
  const text = second?.finish(printed) ?? printed;
  return { code: withMap(text, map), text, map, notes };
}

/** The code with its source map inline. */
export function withMap(text: string, map: BundleMap): string {
  return `${text}//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
}

function sourceError(failure: esbuild.BuildFailure, { files }: SourceFiles): SourceError {
  const thrown = failure.errors.find(({ detail }) => detail instanceof SourceError)?.detail;
  return thrown ?? new SourceError('CompileFailed', describeFailure(failure.errors, files), { cause: failure });
}

/** Paths of the function's files that went in, as whatever they were imported. */
function ownInputs({ metafile }: esbuild.BuildResult): string[] {
  return Object.keys(metafile?.inputs ?? {}).flatMap((input) => ownPath(input) ?? []);
}

/** Undefined: it is none of the function's files. What is imported by `with { … }` has that behind its path. */
function ownPath(input: string): string | undefined {
  const own = `${NAMESPACE.own}:`;
  return input.startsWith(own) ? input.slice(own.length).replace(/ with \{.*$/s, '') : undefined;
}

/** Those that went in as code. */
function codeOf({ metafile }: esbuild.BuildResult, source: SourceFiles): FirstPass['code'] {
  const own = Object.entries(metafile?.inputs ?? {}).flatMap(([input, { format, with: attributes = {} }]) => {
    const path = ownPath(input);
    const isCode = path !== undefined && CODE.has(String(fileKind(path, attributes, source)));
    return isCode ? [[path, { isCommonJs: format === 'cjs' }] as const] : [];
  });
  return new Map(own);
}

/** Throws when anything went in that was neither given nor is ours. */
function requireOnlyGiven(source: SourceFiles, { metafile }: esbuild.BuildResult): void {
  const { own: _, ...ours } = NAMESPACE;
  const others = Object.values<string>(ours);
  const strange = Object.keys(metafile?.inputs ?? {}).find((input) => {
    const path = ownPath(input);
    return path === undefined ? !others.includes(input.slice(0, input.indexOf(':'))) : !hasFile(source, path);
  });
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
    ...BUNDLE_SHAPE,
    // Given, so that none is looked for on disk.
    tsconfigRaw: given.prepared.tsConfig.raw,
    plugins: [onlyGivenFiles(given)],
  };
}

function exportsOf({ entry, files }: SourceFiles, metafile: esbuild.Metafile | undefined): Exported {
  const output = Object.values(metafile?.outputs ?? {}).find((file) => file.entryPoint !== undefined);
  const inputs = metafile?.inputs ?? {};
  return {
    entry,
    names: output?.exports ?? [],
    isCommonJs: inputs[`${NAMESPACE.own}:${entry}`]?.format === 'cjs',
    startsServer: STARTS_SERVER.test(files[entry] ?? ''),
    mayRegister: `${NAMESPACE.framework}:${FRAMEWORK_PACKAGE}` in inputs,
  };
}
