import { BUNDLE_TEXT, FRAMEWORK_GLOBAL, FRAMEWORK_PACKAGE } from '../api/names.ts';
import { fs, nodeModule, path, url, zlib } from './builtin.ts';
import { bundleVariables } from './env.ts';

/** What a user's module exports. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * The address under which a bundle is imported. There is no such file: the pod mounts nothing and writes nothing. It is
 * where stacks say the user's files are, `/function/index.ts:3:9`, and where a package would be looked for.
 */
export const BUNDLE_URL = 'file:///function/bundle.mjs';

/**
 * Takes the bundle out of the environment and leaves nothing of it there.
 * @throws Error where it cannot be unpacked.
 */
export function takeBundle(env: NodeJS.ProcessEnv, chunks: number): string {
  const names = bundleVariables(chunks);
  let bundle = '';
  for (const name of names.slice(0, -1)) bundle += env[name];
  for (const name of names) delete env[name];
  if (bundle.startsWith(BUNDLE_TEXT)) return bundle.slice(BUNDLE_TEXT.length);
  try {
    return zlib().brotliDecompressSync(Buffer.from(bundle, 'base64')).toString('utf8');
  } catch (cause) {
    throw new Error('the bundle in the environment is neither text nor base64 of brotli', { cause });
  }
}

/**
 * Imports a bundle, an ES module with its source map inline. Module hooks are the fastest way (0.3 ms against 3 ms of a
 * `data:` URL) and the only one that gives stacks a readable place.
 */
export function importBundle(source: string): Promise<Exports> {
  return importWith(BUNDLE_URL, { named: BUNDLE_URL, url: BUNDLE_URL, source });
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
export function importFile(directory: string, named: string | undefined): Promise<Exports> {
  const file = named === undefined ? mainFile(directory) : path.resolve(directory, named);
  if (!fs.existsSync(file)) throw new Error(`no handler: there is no ${named} in ${directory}`);
  const framework = { named: FRAMEWORK_PACKAGE, url: 'catnap:functions-framework', source: FRAMEWORK };
  return importWith(url.pathToFileURL(file).href, framework);
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

async function importWith(address: string, virtual: Virtual): Promise<Exports> {
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === virtual.named
        ? { url: virtual.url, format: 'module', shortCircuit: true }
        : next(specifier, context),
    load: (loaded, context, next) =>
      loaded === virtual.url ? { format: 'module', source: virtual.source, shortCircuit: true } : next(loaded, context),
  });
  try {
    return (await import(address)) as Exports;
  } finally {
    hooks.deregister();
  }
}
