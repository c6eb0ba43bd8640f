/** Compiles what is asked for in a folder, all in this process. Its argument: the folder, with the pipe `jobs` in it. */
import { createReadStream } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as esbuild from 'esbuild';
import type { CompileJob } from '../../operator/source/compile-folder.ts';
import { compileSource } from '../../operator/source/compile-source.ts';

const [, , folder = ''] = process.argv;

async function compile(path: string): Promise<void> {
  const { source, handler } = JSON.parse(await readFile(`${path}.job`, 'utf8')) as CompileJob;
  const compiled = await compileSource(source, handler, esbuild);
  await writeFile(`${path}.out`, JSON.stringify(compiled));
  await writeFile(`${path}.times`, '0\n');
  await rename(`${path}.times`, `${path}.end`);
}

// Open for both, the pipe has no end when a writer goes.
createInterface({ input: createReadStream(join(folder, 'jobs'), { flags: 'r+' }) }).on('line', (line) => {
  // After the name stands the processor time that it may take.
  void compile(join(folder, line.replace(/ .*/, '')));
});
