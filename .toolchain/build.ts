import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './bundle-options.ts';
import { makeCliPackage } from './cli-package.ts';
import { makeNpmPackage } from './npm-package.ts';
import { copyBundler, makeReadable, makeRuntime, makeServer } from './programs.ts';

/**
 * `npm run build [-- runtime operator activator npm cli] [--dist <folder>] [--packages <file>]`: makes `dist/<program>/`, all
 * that an image or a pod of that program needs beside Node, except the operator's native bundler: `bundler-binaries.ts` brings
 * that for images, and in the checkout it is found in node_modules. The same commit gives the same bytes, wherever it is built.
 * `dist/npm/` is the package for who writes handlers, `dist/cli/` the one with the `catnap` command and its local cluster.
 * The runtime is one file, and one each for handlers of other platforms, for WebSockets and for what its metrics say;
 * operator and activator have others that hold what only a kubeconfig needs, and the operator one for what is done once,
 * such as bringing the CRD up to date, and two by which functions are compiled: `bundler.sh` starts `bundler.mjs` for each.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string' },
    /** File to be written with the packages that went into each, as JSON: paths from the root, by the part's name. */
    packages: { type: 'string' },
  },
});
const dist = values.dist ?? join(root, 'dist');

const MAKERS = {
  runtime: makeRuntime,
  operator: async (made: string) => {
    const packages = await makeServer('operator', made);
    await copyBundler(join(made, 'node_modules', 'esbuild'));
    return [...packages, 'node_modules/esbuild'];
  },
  activator: (made: string) => makeServer('activator', made),
  npm: makeNpmPackage,
  cli: makeCliPackage,
} satisfies Record<string, (made: string) => Promise<string[]>>;

const all = Object.keys(MAKERS) as (keyof typeof MAKERS)[];
const unknown = positionals.filter((name) => !(name in MAKERS));
if (unknown.length > 0) throw new Error(`nothing is called ${unknown.join(', ')}; there are ${all.join(', ')}`);
const wanted = positionals.length > 0 ? all.filter((name) => positionals.includes(name)) : all;
const packages = await Promise.all(
  wanted.map(async (name) => {
    const made = join(dist, name);
    const used = await MAKERS[name](made);
    await makeReadable(made);
    return [name, used] as const;
  }),
);
if (values.packages !== undefined)
  await writeFile(values.packages, `${JSON.stringify(Object.fromEntries(packages), null, 2)}\n`);
