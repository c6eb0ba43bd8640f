import type { LoadFnOutput, LoadHookSync } from 'node:module';
import {
  BUNDLE_FOLDER,
  BUNDLE_TEXT,
  FRAMEWORK_GLOBAL,
  FRAMEWORK_PACKAGE,
  importedMark,
  LABEL,
} from '../../api/names.ts';
import type { Assignment, PackedBundle } from '../assignment.ts';
import { fs, nodeModule, path, url, zlib } from '../builtin.ts';
import type { Exports } from '../signatures/exports.ts';
import type { ImportTimes } from '../telemetry/metrics.ts';
import { sha256 } from './digest.ts';
import { hearMarks, ImportClock, moduleName, timeRequired } from './import-times.ts';

/** A user's module that was imported, and how long each of its parts took. */
interface Imported {
  exports: Exports;
  times: ImportTimes;
}

/**
 * The address under which a bundle is imported. There is no such file: the pod mounts nothing and writes nothing. It is
 * where stacks say the user's files are, `/function/index.ts:3:9`, and where a package would be looked for.
 */
const BUNDLE_URL = `file://${BUNDLE_FOLDER}/bundle.mjs`;

/**
 * The source of a bundle. Its ConfigMap may be written by others than the Deployment, in which its digest stands.
 * @throws Error where it is not the one that the digest is of, or cannot be unpacked.
 */
export function unpackBundle({ packed, sha256: digest }: PackedBundle, { namespace, function: name }: Owner): string {
  if (digest !== undefined && sha256(packed) !== digest) {
    throw new Error(
      `the code that this replica was handed is not the code that was compiled for the function, and is not run: its ConfigMap in namespace ${namespace} was changed. ` +
        `Catnap stores the compiled code again by itself; see who may write ConfigMaps there (kubectl get configmaps -n ${namespace} -l ${LABEL.function}=${name})`,
    );
  }
  if (packed.startsWith(BUNDLE_TEXT)) return packed.slice(BUNDLE_TEXT.length);
  try {
    return zlib().brotliDecompressSync(Buffer.from(packed, 'base64')).toString('utf8');
  } catch (cause) {
    throw new Error('the bundle in the environment is neither text nor base64 of brotli', { cause });
  }
}

/** The function whose code it is said to be. */
type Owner = Pick<Assignment, 'namespace' | 'function'>;

/**
 * Imports a bundle, an ES module with its source map inline. Module hooks are the fastest way (0.3 ms against 3 ms of a
 * `data:` URL) and the only one that gives stacks a readable place. The bundler has marked its modules, where there are several.
 */
export async function importBundle(source: string): Promise<Imported> {
  const clock = new ImportClock();
  using _marks = hearMarks(clock);
  const exports = await importWith(BUNDLE_URL, { named: BUNDLE_URL, url: BUNDLE_URL, source });
  return { exports, times: clock.times((module) => moduleName(module, BUNDLE_FOLDER)) };
}

/** Stands in for the Functions Framework: what is registered by it is called by this runtime. */
const FRAMEWORK = `const framework = globalThis[Symbol.for(${JSON.stringify(FRAMEWORK_GLOBAL)})];
export const { http, cloudEvent } = framework;
export default framework;`;

/**
 * Imports the handler of an image built FROM this one, with the packages beside it.
 * @param named path of the file; undefined: what `require(directory)` would load (`main` of package.json, index.js), else
 * the first of index.mjs, index.cjs, index.ts and function.js.
 */
export async function importFile(directory: string, named: string | undefined): Promise<Imported> {
  const file = named === undefined ? mainFile(directory) : path.resolve(directory, named);
  if (!fs.existsSync(file)) throw new Error(`no handler: there is no ${named} in ${directory}`);
  const framework = { named: FRAMEWORK_PACKAGE, url: 'catnap:functions-framework', source: FRAMEWORK };
  const clock = new ImportClock();
  using _marks = hearMarks(clock);
  using _required = timeRequired(clock);
  const exports = await importWith(url.pathToFileURL(file).href, framework, clock);
  return { exports, times: clock.times((module) => moduleName(module, directory)) };
}

const OTHER_MAINS = ['index.mjs', 'index.cjs', 'index.ts', 'function.js'];

function mainFile(directory: string): string {
  try {
    return nodeModule.createRequire(path.join(directory, 'package.json')).resolve(directory);
  } catch {
    // There is neither a package.json with a main nor an index.js.
  }
  const file = OTHER_MAINS.map((name) => path.join(directory, name)).find((name) => fs.existsSync(name));
  if (file !== undefined) return file;
  throw new Error(
    `no handler: ${directory} has no package.json with a main, and no index.js, ${OTHER_MAINS.join(', ')}`,
  );
}

/** A module that is nowhere on disk. */
interface Virtual {
  /** How it is imported. */
  named: string;
  url: string;
  source: string;
}

/** @param clock times what is read, and marks the ES modules that are. */
async function importWith(address: string, virtual: Virtual, clock?: ImportClock): Promise<Exports> {
  const load: LoadHookSync = (loaded, context, next) => {
    if (loaded === virtual.url) return { format: 'module', source: virtual.source, shortCircuit: true };
    return clock === undefined
      ? next(loaded, context)
      : clock.reading(loaded, () => marked(loaded, next(loaded, context)));
  };
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === virtual.named
        ? { url: virtual.url, format: 'module', shortCircuit: true }
        : next(specifier, context),
    load,
  });
  try {
    return (await import(address)) as Exports;
  } finally {
    hooks.deregister();
  }
}

function marked(address: string, read: LoadFnOutput): LoadFnOutput {
  if (read.source === undefined || read.source === null || !read.format?.startsWith('module')) return read;
  const text = typeof read.source === 'string' ? read.source : Buffer.from(read.source as Uint8Array).toString('utf8');
  return { ...read, source: text + importedMark(address) };
}
