import { execFile } from 'node:child_process';
import { cp, lutimes, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './bundle-options.ts';

/** Puts the chart into `folder` as one of this version, whose images have it as their tag. */
export async function copyChart(folder: string, version: string): Promise<void> {
  await cp(join(root, 'charts', 'catnap'), folder, { recursive: true });
  const file = join(folder, 'Chart.yaml');
  const text = await readFile(file, 'utf8');
  const given = text
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: "${version}"`);
  await writeFile(file, given);
}

/**
 * Makes `<output>/catnap-<version>.tgz` of the chart in `folder`, whose files get the time of the commit: helm takes that into the
 * package, so the same commit gives the same bytes.
 * @param epoch seconds since 1970
 */
export async function packageChart(helm: string, folder: string, output: string, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await lutimes(join(entry.parentPath, entry.name), epoch, epoch);
  await promisify(execFile)(helm, ['package', folder, '--destination', output]);
}
