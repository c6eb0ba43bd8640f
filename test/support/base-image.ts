import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

function add(file: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(file, to);
}
