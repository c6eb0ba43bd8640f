import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './bundle-options.ts';
import { declarationsOf } from './declarations.ts';

/** The runtime's own context, and what is made for tests. */
const DECLARED = ['runtime-image/call/context.ts', 'runtime-image/npm/test-context.ts'];

const source = join(root, 'runtime-image', 'npm');

/** Makes the package `@catnap/runtime` in the folder `made`: for who writes handlers; no pod has it. */
export async function makeNpmPackage(made: string): Promise<string[]> {
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: { index: join(source, 'test-context.ts') },
    outdir: made,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'neutral',
    target: 'es2023',
    format: 'esm',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  await writeFile(join(made, 'index.d.ts'), await declarationsOf('runtime-image/npm/test-context.ts', DECLARED));
  await writeFile(join(made, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await copyFile(join(source, 'README.md'), join(made, 'README.md'));
  await copyFile(join(root, 'LICENSE'), join(made, 'LICENSE'));
  return [];
}

/** Version and licence are Catnap's. */
async function manifest(): Promise<object> {
  const read = async (folder: string) => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { version, license } = await read(root);
  const { name, ...rest } = await read(source);
  return { name, version, license, ...rest };
}
