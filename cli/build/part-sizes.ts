import type { Metafile } from 'esbuild';
import type { PartSize } from './built-code.ts';
import { packageOf } from './input-path.ts';

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
