import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** For npm to bring one package: a registry that does not answer ends the build. */
const LONGEST_MS = 120_000;
const root = dirname(import.meta.dirname);

/** What images call an architecture, and what npm calls it. */
export const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const;
export type Architecture = keyof typeof ARCHITECTURES;

/** The files of a platform's package that its image needs. */
const FILES = [
  { path: 'package.json', mode: 0o644 },
  { path: 'bin/esbuild', mode: 0o755 },
] as const;

/**
 * Puts the operator's native bundler for `architecture` into `<folder>/linux-<architecture>/`, as an image's
 * `node_modules/@esbuild`: from this checkout's packages where it is one of them, else by npm.
 */
export async function bringBundler(architecture: Architecture, folder: string): Promise<void> {
  const name = `linux-${ARCHITECTURES[architecture]}`;
  const to = join(folder, `linux-${architecture}`, name);
  const installed = join(root, 'node_modules', '@esbuild', name);
  await rm(to, { recursive: true, force: true });
  if (existsSync(installed)) return await copyFiles(installed, to);
  const scratch = await mkdtemp(join(tmpdir(), 'catnap-bundler-'));
  try {
    await copyFiles(await unpackedByNpm(`@esbuild/${name}`, scratch), to);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'bin'), { recursive: true });
  for (const { path, mode } of FILES) {
    await copyFile(join(from, path), join(to, path));
    await chmod(join(to, path), mode);
  }
  for (const folder of [dirname(to), to, join(to, 'bin')]) await chmod(folder, 0o755);
}

/** Where the package lies, in exactly the version of the lockfile. Throws when what npm brought is not what the lockfile says. */
async function unpackedByNpm(name: string, scratch: string): Promise<string> {
  const { version, integrity } = await locked(name);
  const tarball = join(scratch, 'package.tgz');
  const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch], {
    timeout: LONGEST_MS,
  });
  const packed = await readFile(join(scratch, stdout.trim()));
  const found = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
  if (found !== integrity)
    throw new Error(`${name}@${version} is not the one of package-lock.json: its hash is ${found}`);
  await writeFile(tarball, packed);
  await run('tar', ['-xzf', tarball, '-C', scratch]);
  return join(scratch, 'package');
}

async function locked(name: string): Promise<{ version: string; integrity: string }> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string } | undefined>;
  };
  const entry = packages[`node_modules/${name}`];
  if (entry === undefined) throw new Error(`package-lock.json does not know ${name}`);
  return entry;
}
