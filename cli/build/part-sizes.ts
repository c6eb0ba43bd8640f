import type { Metafile } from 'esbuild';
import type { PartSize } from './built-code.ts';

/** The package that a file is of, by the last node_modules in its path; undefined: it is of none. Pure. */
export function packageOf(path: string): string | undefined {
  const parts = path.split('/');
  const at = parts.lastIndexOf('node_modules');
  const [first, second] = parts.slice(at + 1);
  if (at === -1 || first === undefined) return undefined;
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** What of the output is whose, largest first. Pure. */
export function partSizes({ outputs }: Metafile): PartSize[] {
  const sizes = new Map<string, number>();
  for (const output of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = packageOf(path) ?? 'own code';
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  const all = [...sizes].map(([name, bytes]) => ({ name, bytes }));
  return all.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}
