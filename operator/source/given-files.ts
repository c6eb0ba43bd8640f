import { posix } from 'node:path';
import type * as esbuild from 'esbuild';
import { FRAMEWORK_GLOBAL, FRAMEWORK_PACKAGE } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';
import { unresolved } from './build-failure.ts';
import { OWN_FILE } from './computed-imports.ts';
import type { PreparedSource } from './prepared-source.ts';
import { resolveImport } from './resolve.ts';
import { LOADERS } from './scan-calls.ts';
import { SourceError } from './source-error.ts';
import { withMark } from './timed-modules.ts';

/** What the bundler calls the files and what stands beside them: nothing else goes into a bundle. */
export const NAMESPACE = {
  own: 'function',
  builtin: 'node-builtin',
  framework: 'framework',
  computed: 'computed-imports',
} as const;
/** Never a path of the user's: esbuild looks for entries on disk, by pattern too. */
export const ENTRY = 'entry';
export const COMPUTED = 'computed';
/** What hands out `http` and `cloudEvent`, by which functions register themselves with the runtime. */
export const FRAMEWORK_VALUE = `globalThis[Symbol.for(${JSON.stringify(FRAMEWORK_GLOBAL)})]`;
/** By `with { type: … }`. */
const TYPED: Record<string, esbuild.Loader> = { text: 'text', bytes: 'binary', json: 'json' };

export interface GivenFiles {
  source: SourceFiles;
  prepared: PreparedSource;
  /** Those whose end is marked. */
  timed: readonly string[];
}

/** Answers each question of esbuild's for a file, so that it never asks the disk. */
export function onlyGivenFiles(given: GivenFiles): esbuild.Plugin {
  return {
    name: 'only-given-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolved(args, given));
      build.onLoad({ filter: /.*/ }, ({ path, namespace, with: attributes }) => {
        if (namespace === NAMESPACE.own) return loaded(path, attributes, given);
        if (namespace === NAMESPACE.builtin) {
          return { contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`, loader: 'js' };
        }
        if (namespace === NAMESPACE.framework) return { contents: FRAMEWORK_MODULE, loader: 'js' };
        if (namespace === NAMESPACE.computed) return { contents: given.prepared.computedImports ?? '', loader: 'js' };
        return { errors: [{ text: `"${path}" is not among the files of spec.source` }] };
      });
    },
  };
}

/** Functions that register themselves do so with the runtime. */
const FRAMEWORK_MODULE = `const framework = ${FRAMEWORK_VALUE};
  export const { http, cloudEvent } = framework;
  export default framework;`;

function loaded(path: string, attributes: Record<string, string>, { source, prepared, timed }: GivenFiles) {
  const typed = attributes.type === undefined ? undefined : TYPED[attributes.type];
  if (typed !== undefined) return { contents: source.files[path] ?? '', loader: typed };
  const loader = LOADERS[posix.extname(path)];
  if (loader === undefined) {
    return {
      errors: [
        {
          text: `"${path}" is neither TypeScript, JavaScript nor JSON: what else is imported says as what, with { type: "text" } or "bytes"`,
        },
      ],
    };
  }
  if (loader === 'json') return { contents: source.files[path] ?? '', loader };
  try {
    return {
      contents: prepared.textOf(path, timed.includes(path) ? (text) => withMark(text, path) : undefined),
      loader,
    };
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
    return { path: path.slice(OWN_FILE.length), namespace: NAMESPACE.own };
  }
  if (path === FRAMEWORK_PACKAGE) return { path, namespace: NAMESPACE.framework };
  const found = resolveImport(path, importer, given.source.files);
  if (found.kind === 'file') return { path: found.path, namespace: NAMESPACE.own };
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
