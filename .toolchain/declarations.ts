import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './bundle-options.ts';

/** Declarations alone, by the rules of our own tsconfig.json that matter for them. */
const EMIT =
  '--ignoreConfig --strict --skipLibCheck --exactOptionalPropertyTypes --target esnext --module nodenext --types node --allowImportingTsExtensions --declaration --emitDeclarationOnly'.split(
    ' ',
  );

/**
 * The declarations of some files as one text that imports nothing.
 * @param entry path from the root, which all the files are reached from
 * @param files paths from the root, in the order in which they are to stand
 */
export async function declarationsOf(entry: string, files: readonly string[]): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'catnap-types-'));
  try {
    const { bin } = createRequire(import.meta.url)('typescript/package.json') as { bin: { tsc: string } };
    const compiler = join(root, 'node_modules', 'typescript', bin.tsc);
    const places = ['--rootDir', root, '--outDir', scratch, join(root, entry)];
    await promisify(execFile)(process.execPath, [compiler, ...EMIT, ...places], { cwd: root });
    const texts = files.map((file) => readFile(join(scratch, file.replace(/\.ts$/, '.d.ts')), 'utf8'));
    return (await Promise.all(texts)).map((text) => text.replace(/^import .*\n/gm, '')).join('\n');
  } finally {
    await rm(scratch, { recursive: true });
  }
}
