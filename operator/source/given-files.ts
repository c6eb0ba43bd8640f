import { posix } from 'node:path';
import type * as esbuild from 'esbuild';
import { FRAMEWORK_GLOBAL, FRAMEWORK_PACKAGE } from '#api/names.ts';
import { wasmModule } from '#api/rules/file-kind.ts';
import type { SourceFiles } from '../function/revision.ts';
import { unresolved } from './build-failure.ts';
import { OWN_FILE } from './computed-imports.ts';
import { contentOf, fileKind, hasFile } from './file-kinds.ts';
import { PLACE, placeModule } from './module-place.ts';
import type { PreparedSource } from './prepared-source.ts';
import { resolveImport } from './resolve.ts';
import { SourceError } from './source-error.ts';

/** What the bundler calls the files and what stands beside them: nothing else goes into a bundle. */
export const NAMESPACE = {
  own: 'function',
  builtin: 'node-builtin',
  framework: 'framework',
  computed: 'computed-imports',
  place: 'place',
  wasm: 'wasm',
} as const;
/** Never a path of the user's: esbuild looks for entries on disk, by pattern too. */
export const ENTRY = 'entry';
export const COMPUTED = 'computed';
/** What hands out `http` and `cloudEvent`, by which functions register themselves with the runtime. */
export const FRAMEWORK_VALUE = `globalThis[Symbol.for(${JSON.stringify(FRAMEWORK_GLOBAL)})]`;

export interface GivenFiles {
  source: SourceFiles;
  prepared: PreparedSource;
  /** What is put behind the text of a file, by its path. */
  suffixes: ReadonlyMap<string, string>;
}

/** Answers each question of esbuild's for a file, so that it never asks the disk. */
export function onlyGivenFiles(given: GivenFiles): esbuild.Plugin {
  return {
    name: 'only-given-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolved(args, given));
      build.onLoad({ filter: /.*/ }, (args) => loadedFrom(args, given));
    },
  };
}

function loadedFrom(
  { path, namespace, with: attributes }: esbuild.OnLoadArgs,
  given: GivenFiles,
): esbuild.OnLoadResult {
  switch (namespace) {
    case NAMESPACE.own:
      return loaded(path, attributes, given);
    case NAMESPACE.builtin:
      return { contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`, loader: 'js' };
    case NAMESPACE.framework:
      return { contents: FRAMEWORK_MODULE, loader: 'js' };
    case NAMESPACE.place:
      return { contents: placeModule(path), loader: 'js' };
    case NAMESPACE.wasm:
      return { contents: wasmModule(posix.basename(path)), loader: 'js' };
    case NAMESPACE.computed:
      return { contents: given.prepared.computedImports ?? '', loader: 'js' };
    default:
      return { errors: [{ text: `"${path}" is not among the files of spec.source` }] };
  }
}

/** Functions that register themselves do so with the runtime. */
const FRAMEWORK_MODULE = `const framework = ${FRAMEWORK_VALUE};
  export const { http, cloudEvent } = framework;
  export default framework;`;

function loaded(
  path: string,
  attributes: Record<string, string>,
  { source, prepared, suffixes }: GivenFiles,
): esbuild.OnLoadResult {
  const kind = fileKind(path, attributes, source);
  if (kind === undefined || kind === 'wasm') {
    const text = `"${path}" is neither TypeScript, JavaScript nor JSON: what else is imported says as what, with { type: "text" } or "bytes"`;
    return { errors: [{ text }] };
  }
  if (kind === 'text' || kind === 'binary' || kind === 'json')
    return { contents: contentOf(path, source), loader: kind };
  try {
    return { contents: prepared.textOf(path, suffixes.get(path)), loader: kind };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { errors: [{ text: error.message, detail: error }] };
  }
}

function resolved(args: esbuild.OnResolveArgs, given: GivenFiles): esbuild.OnResolveResult {
  const { path, importer, kind, namespace } = args;
  if (kind === 'entry-point') {
    if (path === ENTRY) return { path: given.source.entry, namespace: NAMESPACE.own };
    return { path: COMPUTED, namespace: NAMESPACE.computed };
  }
  if (namespace === NAMESPACE.computed && path.startsWith(OWN_FILE)) {
    return ownFile(path.slice(OWN_FILE.length), args, given);
  }
  if (path === FRAMEWORK_PACKAGE) return { path, namespace: NAMESPACE.framework };
  if (path === PLACE + importer && given.suffixes.has(importer)) {
    return { path: importer, namespace: NAMESPACE.place, sideEffects: false };
  }
  const found = resolveImport(path, importer, (file) => hasFile(given.source, file), given.prepared.tsConfig);
  if (found.kind === 'file') return ownFile(found.path, args, given);
  const isRequired = kind === 'require-call';
  // An ES module has no `require`.
  if (found.kind === 'builtin') {
    return isRequired ? { path: found.name, namespace: NAMESPACE.builtin } : { path: found.name, external: true };
  }
  // A package that is tried for may be absent: that shows when it runs.
  return isRequired && !given.prepared.mustResolve(importer, path)
    ? { path, external: true }
    : { errors: [{ text: unresolved(path) }] };
}

function ownFile(
  path: string,
  { with: attributes }: esbuild.OnResolveArgs,
  { source }: GivenFiles,
): esbuild.OnResolveResult {
  const isWasm = fileKind(path, attributes, source) === 'wasm';
  return { path, namespace: isWasm ? NAMESPACE.wasm : NAMESPACE.own };
}
