import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE, packageOf } from './input-path.ts';

/** A file that is read by a path made of the module's own place: in a bundle nothing is there. */
const READS =
  /\breadFile(?:Sync)?\s*\(\s*(?:\w+\.)?(?:(?:join|resolve)\s*\(\s*)?(?:__dirname|import\.meta\.dirname|new URL\s*\([^()]*,\s*import\.meta\.url)/;

/** A sentence for each package, and each own file, that reads files beside itself. @param files that went in, from the folder */
export async function readsBeside(folder: string, files: readonly string[]): Promise<string[]> {
  const told = new Map<string, string>();
  for (const file of files.filter((path) => CODE.test(path))) {
    const name = packageOf(file);
    if (told.has(name ?? file)) continue;
    const text = await readFile(join(folder, file), 'utf8');
    const at = READS.exec(text)?.index;
    if (at === undefined) continue;
    const place = `${file}:${text.slice(0, at).split('\n').length}`;
    told.set(name ?? file, name === undefined ? ownFile(place) : ofPackage(name, place));
  }
  return [...told.values()];
}

function ownFile(place: string): string {
  return `${place}: reads a file beside the module, where none is when it runs: import the file instead (docs/handlers/packages.md)`;
}

function ofPackage(name: string, place: string): string {
  return `the package ${name} reads files beside itself (${place}), which are not there when it runs: if the function needs that, build an image FROM the Catnap runtime image`;
}
