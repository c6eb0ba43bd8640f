import { chmod, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { PROGRAM, PROGRAM_IN_PARTS, REQUIRE_FOR_BUNDLED, root } from './bundle-options.ts';
import { addLicenses, packagesOf } from './licenses.ts';

/** Programs as images hold them. Each function returns the packages that went in, as paths from the root, sorted. */

/** What is not needed for a first answer is loaded when it is. */
const partsApart: Plugin = {
  name: 'parts-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/(platforms|metrics-page|websocket)\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.mjs`, external: true } : undefined,
    ),
};

/** The package looks for native addons of its own, which are not there. */
const WITHOUT_ADDONS = { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' };

/** What is done once, what compiles one function, what keeps functions' logs, and what delivers work later, with its thread. */
const BESIDE_OPERATOR = {
  chores: 'operator/jobs/main.ts',
  bundler: 'operator/source/bundler/main.ts',
  'log-keeper': 'log-keeper/main.ts',
  dispatcher: 'dispatcher/main.ts',
  'store-worker': 'dispatcher/store/sqlite/worker.ts',
};

/** Operator or activator; the operator without the package esbuild that its bundler needs. */
export async function makeServer(name: 'operator' | 'activator', made: string): Promise<string[]> {
  await rm(made, { recursive: true, force: true });
  const { metafile } = await build({
    ...PROGRAM_IN_PARTS,
    entryPoints: { [name]: `${name}/main.ts`, ...(name === 'operator' && BESIDE_OPERATOR) },
    outdir: made,
  });
  await addLicenses(made, packagesOf(metafile));
  if (name === 'operator') await cp(join(root, 'operator/source/bundler/serve.sh'), join(made, 'bundler.sh'));
  return packagesOf(metafile);
}

/** Put in place in one step: pods of a cluster that runs may start from the file at any moment. */
export async function makeRuntime(runtime: string): Promise<string[]> {
  const entryPoints = {
    runtime: 'runtime-image/main.ts',
    platforms: 'runtime-image/signatures/platforms.ts',
    'metrics-page': 'runtime-image/telemetry/metrics-page.ts',
  };
  const made = `${runtime}.${process.pid}`;
  const options = { ...PROGRAM, outdir: made, minify: true, keepNames: true };
  await build({ ...options, entryPoints, plugins: [partsApart] });
  const { metafile } = await build({
    ...options,
    entryPoints: { websocket: 'runtime-image/websocket/websocket.ts' },
    banner: REQUIRE_FOR_BUNDLED,
    define: WITHOUT_ADDONS,
  });
  await addLicenses(made, packagesOf(metafile));
  await mkdir(runtime, { recursive: true });
  for (const file of await readdir(made)) await rename(join(made, file), join(runtime, file));
  await rm(made, { recursive: true });
  return packagesOf(metafile);
}

/** The operator's bundler stays a package: it starts its native program, which it finds as another one beside it. */
export async function copyBundler(to: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const esbuild = join(require.resolve('esbuild/package.json'), '..');
  for (const file of ['package.json', 'LICENSE.md', 'lib/main.js']) await cp(join(esbuild, file), join(to, file));
}

/** An image takes the files' modes as they are: any user may read them, whatever the builder's umask was. */
export async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}
