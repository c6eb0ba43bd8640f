import { chmod, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { builtinsOnDemand, partsOfPackages } from './lean-modules.ts';
import { addLicenses } from './licenses.ts';
import { makeNpmPackage } from './npm-package.ts';

/**
 * `npm run build [-- runtime operator activator npm] [--dist <folder>]`: makes `dist/<program>/`, all that an image or a pod
 * of that program needs beside Node, except the operator's native bundler: `bundler-binaries.ts` brings that for images,
 * and in the checkout it is found in node_modules. The same commit gives the same bytes, wherever it is built.
 * `dist/npm/` is the package for who writes handlers.
 * The runtime is one file, and one each for handlers of other platforms, for WebSockets and for what its metrics say;
 * operator and activator have others that hold what only a kubeconfig needs, and the operator one for what is done once,
 * such as bringing the CRD up to date, and two by which functions are compiled: `bundler.sh` starts `bundler.mjs` for each.
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { dist: { type: 'string' } } });
const root = dirname(import.meta.dirname);
const dist = values.dist ?? join(root, 'dist');

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  metafile: true,
} as const satisfies BuildOptions;

/** Packages in CommonJS that were bundled into a module still call `require` for what is built in. */
const requireForBundled = {
  js: "import { createRequire as catnapCreateRequire } from 'node:module'; const require = catnapCreateRequire(import.meta.url);",
};

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

/** What is done once, and what compiles one function. */
const BESIDE_OPERATOR = { chores: 'operator/jobs/main.ts', bundler: 'operator/source/bundler/main.ts' };

const parts = ['runtime', 'operator', 'activator', 'npm'] as const;
const wanted = positionals.length > 0 ? parts.filter((name) => positionals.includes(name)) : parts;
await Promise.all(wanted.map((name) => make(name)));

async function make(name: (typeof parts)[number]): Promise<void> {
  if (name === 'runtime') return await makeRuntime();
  const made = join(dist, name);
  if (name === 'npm') {
    await makeNpmPackage(made);
    return await makeReadable(made);
  }
  await rm(made, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: { [name]: `${name}/main.ts`, ...(name === 'operator' && BESIDE_OPERATOR) },
    outdir: made,
    splitting: true,
    // Names stay as they are written: a stack trace can be read, and no call is spent on giving functions theirs.
    minifySyntax: true,
    minifyWhitespace: true,
    // Node shows the line of an error that nobody caught: it must not be the whole program.
    lineLimit: 200,
    external: ['esbuild'],
    banner: requireForBundled,
    plugins: [builtinsOnDemand, partsOfPackages],
  });
  await addLicenses(made, metafile);
  if (name === 'operator') {
    await copyBundler(join(made, 'node_modules', 'esbuild'));
    await cp(join(root, 'operator/source/bundler/serve.sh'), join(made, 'bundler.sh'));
  }
  await makeReadable(made);
}

/** Put in place in one step: pods of a cluster that runs may start from the file at any moment. */
async function makeRuntime(): Promise<void> {
  const entryPoints = {
    runtime: 'runtime-image/main.ts',
    platforms: 'runtime-image/signatures/platforms.ts',
    'metrics-page': 'runtime-image/telemetry/metrics-page.ts',
  };
  const made = join(dist, `runtime.${process.pid}`);
  const options = { ...shared, outdir: made, minify: true, keepNames: true };
  await build({ ...options, entryPoints, plugins: [partsApart] });
  const { metafile } = await build({
    ...options,
    entryPoints: { websocket: 'runtime-image/websocket/websocket.ts' },
    banner: requireForBundled,
    define: WITHOUT_ADDONS,
  });
  await addLicenses(made, metafile);
  const runtime = join(dist, 'runtime');
  await mkdir(runtime, { recursive: true });
  for (const file of await readdir(made)) await rename(join(made, file), join(runtime, file));
  await makeReadable(runtime);
  await rm(made, { recursive: true });
}

/** The operator's bundler stays a package: it starts its native program, which it finds as another one beside it. */
async function copyBundler(to: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const esbuild = dirname(require.resolve('esbuild/package.json'));
  for (const file of ['package.json', 'LICENSE.md', 'lib/main.js']) await cp(join(esbuild, file), join(to, file));
}

/** An image takes the files' modes as they are: any user may read them, whatever the builder's umask was. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}
