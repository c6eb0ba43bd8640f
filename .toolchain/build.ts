import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/**
 * `npm run build`: makes `dist/<program>/`, all that an image or a pod of that program needs beside Node.
 * The runtime is one file; operator and activator have a second one that holds what only a kubeconfig needs.
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

await rm(dist, { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { runtime: 'runtime-image/main.ts' },
    outdir: 'dist/runtime',
    minify: true,
    keepNames: true,
  }),
  ...['operator', 'activator'].map((program) =>
    build({
      ...shared,
      entryPoints: { [program]: `${program}/main.ts` },
      outdir: `dist/${program}`,
      splitting: true,
      sourcemap: true,
      external: ['esbuild'],
      banner: requireForBundled,
    }),
  ),
]);
await copyBundler(join(dist, 'operator', 'node_modules'));

/** The operator's bundler is a native program; it travels with the operator as packages. */
async function copyBundler(to: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const esbuild = dirname(require.resolve('esbuild/package.json'));
  const native = `@esbuild/${process.platform}-${process.arch}`;
  await mkdir(join(to, '@esbuild'), { recursive: true });
  await cp(esbuild, join(to, 'esbuild'), { recursive: true, filter: (path) => !path.endsWith('.d.ts') });
  await cp(join(dirname(esbuild), native), join(to, native), { recursive: true });
}
