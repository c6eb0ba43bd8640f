import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

interface Lockfile {
  packages: Record<string, { optionalDependencies?: Record<string, string>; integrity?: string; link?: boolean }>;
}

// npm leaves a platform's package out of the lockfile when the registry did not have it at that moment, and `npm ci`
// then refuses the whole lockfile. One that knows them all installs everywhere; those of other platforms are skipped.
for (const folder of ['.', '.toolchain']) {
  test(`the lockfile in ${folder} knows the packages of every platform`, async () => {
    const path = join(import.meta.dirname, '..', folder, 'package-lock.json');
    const { packages } = JSON.parse(await readFile(path, 'utf8')) as Lockfile;
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    assert.ok(wanted.length > 0);
    assert.deepEqual(
      wanted.filter((name) => packages[`node_modules/${name}`] === undefined),
      [],
    );
  });

  test(`every package of the lockfile in ${folder} is checked against its digest`, async () => {
    const path = join(import.meta.dirname, '..', folder, 'package-lock.json');
    const { packages } = JSON.parse(await readFile(path, 'utf8')) as Lockfile;
    const unchecked = Object.entries(packages).filter(
      ([name, entry]) => name !== '' && !entry.link && !entry.integrity,
    );
    assert.deepEqual(
      unchecked.map(([name]) => name),
      [],
    );
  });
}
