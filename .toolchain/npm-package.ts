import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = dirname(import.meta.dirname);
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
  await writeFile(join(made, 'index.d.ts'), await declarations());
  await writeFile(join(made, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await copyFile(join(source, 'README.md'), join(made, 'README.md'));
  await copyFile(join(root, 'LICENSE'), join(made, 'LICENSE'));
  return [];
}

/** Declarations alone, by the rules of our own tsconfig.json that matter for them. */
const EMIT =
  '--ignoreConfig --strict --exactOptionalPropertyTypes --target esnext --module nodenext --types node --allowImportingTsExtensions --declaration --emitDeclarationOnly'.split(
    ' ',
  );

/** Version and licence are Catnap's. */
async function manifest(): Promise<object> {
  const read = async (folder: string) => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { version, license } = await read(root);
  const { name, ...rest } = await read(source);
  return { name, version, license, ...rest };
}

/** Those of the runtime's own context, and of what is made for tests, as one file that imports nothing. */
async function declarations(): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'catnap-types-'));
  try {
    const { bin } = createRequire(import.meta.url)('typescript/package.json') as { bin: { tsc: string } };
    const compiler = join(root, 'node_modules', 'typescript', bin.tsc);
    const files = ['--rootDir', dirname(source), '--outDir', scratch, join(source, 'test-context.ts')];
    await promisify(execFile)(process.execPath, [compiler, ...EMIT, ...files], { cwd: root });
    const texts = await Promise.all(
      ['call/context.d.ts', 'npm/test-context.d.ts'].map((file) => readFile(join(scratch, file), 'utf8')),
    );
    return texts.map((text) => text.replace(/^import .*\n/gm, '')).join('\n');
  } finally {
    await rm(scratch, { recursive: true });
  }
}
