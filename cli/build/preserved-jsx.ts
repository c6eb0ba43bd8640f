import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const PRESERVED = /"jsx"\s*:\s*"(?:preserve|react-native)"/;

/**
 * Whether the tsconfig.json nearest to the entry, in its folder or one above it up to `folder`, leaves JSX to another compiler. In a
 * bundle none comes after: it is compiled as `react-jsx` then.
 */
export async function jsxIsPreserved(folder: string, entry: string): Promise<boolean> {
  for (let place = dirname(entry); ; place = dirname(place)) {
    const text = await readFile(join(place, 'tsconfig.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return PRESERVED.test(text);
    if (relative(folder, place) === '' || relative(folder, place).startsWith('..')) return false;
  }
}
