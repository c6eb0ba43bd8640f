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
 * Takes the bundle, base64 of brotli, out of the environment and leaves nothing of it there.
 * @throws Error where it cannot be unpacked.
 */
export function takeBundle(env: NodeJS.ProcessEnv, chunks: number): string {
  const names = bundleVariables(chunks);
  let packed = '';
  for (const name of names.slice(0, -1)) packed += env[name];
  for (const name of names) delete env[name];
  try {
    return zlib().brotliDecompressSync(Buffer.from(packed, 'base64')).toString('utf8');
  } catch (cause) {
    throw new Error('the bundle in the environment is not base64 of brotli', { cause });
  }
}

/**
 * Imports a bundle, an ES module with its source map inline. Module hooks are the fastest way (0.3 ms against 3 ms of a
 * `data:` URL) and the only one that gives stacks a readable place.
 */
export async function importBundle(source: string): Promise<Exports> {
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === BUNDLE_URL ? { url: specifier, format: 'module', shortCircuit: true } : next(specifier, context),
    load: (address, context, next) =>
      address === BUNDLE_URL ? { format: 'module', source, shortCircuit: true } : next(address, context),
  });
  try {
    return (await import(BUNDLE_URL)) as Exports;
  } finally {
    hooks.deregister();
  }
}

/**
 * Imports the handler of an image built FROM this one.
 * @param named path of the file; undefined: the first of index.js, index.mjs and index.ts in `directory`.
 */
export async function importFile(directory: string, named: string | undefined): Promise<Exports> {
  const candidates = named === undefined ? ['index.js', 'index.mjs', 'index.ts'] : [named];
  const file = candidates.map((name) => path.resolve(directory, name)).find((name) => fs.existsSync(name));
  if (file === undefined) throw new Error(`no handler: there is no ${candidates.join(' or ')} in ${directory}`);
  return (await import(url.pathToFileURL(file).href)) as Exports;
}
