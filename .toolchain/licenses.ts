import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';

const root = dirname(import.meta.dirname);

/** The packages that went into a program, as paths from the root, sorted. Pure. */
export function packagesOf(...metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  return [...new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[1] ?? []))].sort();
}

/** Puts Catnap's licence, and those of the packages that went into the program, into its folder. */
export async function addLicenses(folder: string, packages: readonly string[]): Promise<void> {
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const texts = await Promise.all(packages.map(licenseOf));
  if (texts.length > 0)
    await writeFile(join(folder, 'LICENSE-packages.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

/** The last package on a path: `node_modules/a/node_modules/@b/c/index.js` → `node_modules/a/node_modules/@b/c`. */
const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

async function licenseOf(folder: string): Promise<string> {
  const manifest = join(root, folder, 'package.json');
  if (!existsSync(manifest)) throw new Error(`${folder} has no package.json`);
  const { name, version, license } = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, string>;
  const file = (await readdir(join(root, folder))).sort().find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : await readFile(join(root, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}`.trimEnd();
}
