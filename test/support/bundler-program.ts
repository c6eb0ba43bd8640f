/** The bundler as it is installed, and sources that are made to break it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
export const LIMITS = { cpuSeconds: 2, wallSeconds: 30 };
export const MEMORY_MIB = 256;
const handler = { handler: 'default', signature: 'auto' } as const;
export const bounds = { cpuSeconds: LIMITS.cpuSeconds, signal: new AbortController().signal };
export const jobOf = (text: string) => ({ source: { files: { 'index.ts': text }, entry: 'index.ts' }, handler });
export const GOOD = 'export default () => 1;';

/** Each takes more processor time or memory than there is, or is refused. */
export const POISON: Record<string, string> = {
  'a namespace in a namespace, 2,000 deep': `namespace ${'a.'.repeat(2_000)}b { export let x = 1 }`,
  'nested switches': 'switch(1){case 1:'.repeat(3_000) + '}'.repeat(3_000),
  'nested blocks': '{'.repeat(10_000) + '}'.repeat(10_000),
  'nested arrays': '['.repeat(100_000) + ']'.repeat(100_000),
  'arrows that may be types': `export default ${'<T>(x)=>'.repeat(3_000)}c`,
  'a text that doubles': `enum E { a0 = "aaaaaaaaaaaaaaaa", ${Array.from({ length: 40 }, (_, i) => `a${i + 1} = a${i} + a${i}`).join(', ')} } export default E.a40`,
  'no source at all': '\0'.repeat(100_000),
};

/** `bundler.mjs`, built into a folder that is removed when disposed. */
export async function buildBundler(): Promise<{ program: string } & AsyncDisposable> {
  const dist = await mkdtemp(join(tmpdir(), 'catnap-bundler-test-'));
  await run(process.execPath, [join(root, '.toolchain', 'build.ts'), 'operator', '--dist', dist]);
  const modules = join(dist, 'operator', 'node_modules');
  await rm(modules, { recursive: true });
  await symlink(join(root, 'node_modules'), modules);
  return {
    program: join(dist, 'operator', 'bundler.mjs'),
    [Symbol.asyncDispose]: () => rm(dist, { recursive: true, force: true }),
  };
}

/** Processes that `pid` has started and that have not ended. */
export async function children(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
}
