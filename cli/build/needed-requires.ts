import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Loader, transform } from 'esbuild';
import type { ImportSite } from './native-packages.ts';

const TYPESCRIPT: Record<string, Loader> = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' };
const LITERAL = /\brequire\s*\(\s*(['"`])([^'"`\\]*)\1/;

/** What each of the files requires where no `try` is around, as esbuild's own parser sees it. @param files from the folder */
export async function neededRequires(folder: string, files: readonly string[]): Promise<(site: ImportSite) => boolean> {
  const needed = new Map<string, Set<string>>();
  for (const file of new Set(files)) needed.set(file, await requiredIn(join(folder, file)));
  return ({ file, specifier, kind }) => kind !== 'require-call' || needed.get(file)?.has(specifier) !== false;
}

async function requiredIn(path: string): Promise<Set<string>> {
  const text = await readFile(path, 'utf8');
  const { warnings } = await transform(text, {
    loader: TYPESCRIPT[extname(path)] ?? 'js',
    format: 'esm',
    target: 'esnext',
    logLevel: 'silent',
    logLimit: 0,
    logOverride: { 'unsupported-require-call': 'warning' },
  });
  const found = warnings.flatMap(({ location }) => {
    const behind = location === null ? '' : Buffer.from(location.lineText).subarray(location.column).toString();
    return LITERAL.exec(behind)?.[2] ?? [];
  });
  return new Set(found);
}
