import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { notChecked } from '#platform/testing/not-checked.ts';
import type { Builder } from '../../.toolchain/image-commands.ts';

const NAME = 'localhost/catnap-test-base:latest';

/** Makes an image of this machine's Node and the libraries that it loads, and nothing else. Returns its name. */
export function makeBaseImage(builder: Builder): string {
  const context = mkdtempSync(join(tmpdir(), 'catnap-base-'));
  try {
    add(process.execPath, join(context, 'root/usr/local/bin/node'));
    const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const library of libraries) add(library, join(context, 'root', library));
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY root/ /\nENV PATH=/usr/local/bin\n');
    // Of one time, so that it is the same image whenever it is made: it is kept, and others would pile up.
    const build = builder === 'docker' ? ['buildx', 'build', '--load'] : ['build', '--timestamp', '0'];
    execFileSync(builder, [...build, '--tag', NAME, context], { stdio: 'ignore' });
    return NAME;
  } finally {
    rmSync(context, { recursive: true });
  }
}

const NAME_OF_ALL = 'localhost/catnap-test-base-of-all:latest';

/** Makes an image of all platforms named, with nothing in it that could be run. Returns its name; not by docker, which keeps no such list. */
export function makeBaseOfAll(builder: 'podman' | 'buildah', platforms: readonly string[]): string {
  const context = mkdtempSync(join(tmpdir(), 'catnap-base-'));
  try {
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\nENV PATH=/usr/local/bin\n');
    spawnSync(builder, ['manifest', 'rm', NAME_OF_ALL], { stdio: 'ignore' });
    const options = ['--timestamp', '0', '--platform', platforms.join(','), '--manifest', NAME_OF_ALL];
    execFileSync(builder, ['build', ...options, context], { stdio: 'ignore' });
    return NAME_OF_ALL;
  } finally {
    rmSync(context, { recursive: true });
  }
}

/** Both that there are, where npm brings what the other one than this machine's needs; a line says so where it does not. */
export function platformsToBuild(): string[] {
  const [here, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];
  const native = `@esbuild/linux-${other === 'amd64' ? 'x64' : 'arm64'}`;
  if (spawnSync('npm', ['pack', '--dry-run', '--silent', native], { stdio: 'ignore' }).status === 0)
    return ['linux/amd64', 'linux/arm64'];
  notChecked(`images for linux/${other}: no registry is reached that has ${native}`);
  return [`linux/${here}`];
}

function add(file: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(file, to);
}
