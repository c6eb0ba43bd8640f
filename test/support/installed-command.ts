import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notChecked } from '#platform/testing/not-checked.ts';
import { ROOT } from '../../local/package-root.ts';
import { surroundings } from './settings.ts';

/** Runs it to its end, not as a part of the test that does. Returns what it printed; throws an Error with that where it fails. */
export function runApart(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: surroundings, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Makes a folder with nothing but a package.json. */
export async function emptyProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
}

/**
 * Installs the package `catnap` from its file, with esbuild as npm brings it; from this checkout where no registry is reached.
 * Returns the command's path.
 */
export async function installCommand(folder: string, file: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  const command = join(modules, 'catnap', 'bin', 'catnap.mjs');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    runApart(folder, 'npm', 'install', ...quiet, file);
  } catch (error) {
    notChecked(`that npm brings esbuild beside the package catnap: ${String(error)}`);
    await mkdir(join(modules, 'catnap'), { recursive: true });
    runApart(folder, 'tar', '-xf', file, '-C', join(modules, 'catnap'), '--strip-components=1');
    for (const name of ['esbuild', `@esbuild/linux-${process.arch}`])
      await cp(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true });
    return command;
  }
  return join(modules, '.bin', 'catnap');
}
