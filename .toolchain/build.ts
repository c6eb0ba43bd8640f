import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/**
 * `npm run build [-- runtime operator activator]`: makes `dist/<program>/`, all that an image or a pod of that program needs beside Node.
 * The runtime is one file; operator and activator have others that hold what only a kubeconfig needs, and the operator one
 * for what is done once, such as bringing the CRD up to date.
 */
const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
};

/** Packages in CommonJS that were bundled into a module still call `require` for what is built in. */
const requireForBundled = {
  js: "import { createRequire as catnapCreateRequire } from 'node:module'; const require = catnapCreateRequire(import.meta.url);",
};

const programs = ['runtime', 'operator', 'activator'] as const;
const wanted = process.argv.length > 2 ? programs.filter((name) => process.argv.includes(name)) : programs;
await Promise.all(wanted.map((name) => make(name)));

async function make(name: (typeof programs)[number]): Promise<void> {
  if (name === 'runtime') return await makeRuntime();
  await rm(join(dist, name), { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: { [name]: `${name}/main.ts`, ...(name === 'operator' && { chores: 'operator/chores/main.ts' }) },
    outdir: `dist/${name}`,
    splitting: true,
    sourcemap: true,
    external: ['esbuild'],
    banner: requireForBundled,
  });
  if (name === 'operator') await copyBundler(join(dist, name, 'node_modules'));
}

/** Put in place in one step: pods of a cluster that runs may start from the file at any moment. */
async function makeRuntime(): Promise<void> {
  const entryPoints = { runtime: 'runtime-image/main.ts' };
  const made = join(dist, `runtime.${process.pid}`);
  await build({ ...shared, entryPoints, outdir: made, minify: true, keepNames: true });
  await mkdir(join(dist, 'runtime'), { recursive: true });
  await rename(join(made, 'runtime.mjs'), join(dist, 'runtime', 'runtime.mjs'));
  await rm(made, { recursive: true });
}

/** The operator's bundler is a native program; it travels with the operator as packages. */
async function copyBundler(to: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const esbuild = dirname(require.resolve('esbuild/package.json'));
  const native = `@esbuild/${process.platform}-${process.arch}`;
  await mkdir(join(to, '@esbuild'), { recursive: true });
  await cp(esbuild, join(to, 'esbuild'), { recursive: true, filter: (path) => !path.endsWith('.d.ts') });
  await cp(join(dirname(esbuild), native), join(to, native), { recursive: true });
}
