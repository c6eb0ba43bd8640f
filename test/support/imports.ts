/** Who imports what, for the tests of the architecture. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const FOLDERS = [
  'api',
  'platform',
  'operator',
  'activator',
  'runtime-image',
  'log-keeper',
  'dispatcher',
  'local',
  'cli',
  'test',
];

export const root = join(import.meta.dirname, '..', '..');
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?!type\b)[^;]*?from\s+'([^']+)'|(?:^|\W)import\('([^']+)'\)|(?:^|\n)\s*import\s+'([^']+)'/g;
const TYPE_IMPORT = /(?:^|\n)\s*(?:import|export)\s+type\s[^;]*?from\s+'([^']+)'/g;

/** An import. */
export interface Arrow {
  file: string;
  from: string;
  specifier: string;
  /** Top-level folder, or undefined for a package or a built-in. */
  to: string | undefined;
  typeOnly: boolean;
}

export const files = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.{ts,mts}`, { cwd: root }));
export const arrows: Arrow[] = files.flatMap(arrowsOf);

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = (pattern: RegExp, typeOnly: boolean) =>
    [...text.matchAll(pattern)].map((match) => {
      const specifier = match.slice(1).find((group) => group !== undefined) as string;
      return { file, from: top(file), specifier, to: target(file, specifier), typeOnly };
    });
  return [...found(IMPORT, false), ...found(TYPE_IMPORT, true)];
}

function top(path: string): string {
  return path.split('/')[0] as string;
}

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return top(specifier.slice(1));
  if (specifier.startsWith('.')) return top(relative(root, join(root, dirname(file), specifier)));
  return undefined;
}

/** What tests stand on is for the tests of all. */
export function isForTests({ file, specifier }: Arrow): boolean {
  return specifier.startsWith('#platform/testing/') && /\.test\.ts$|\/testing\//.test(file);
}

/** Whether a file is run by tests alone. */
export function isTest(file: string): boolean {
  return /\.test\.ts$|\/testing\//.test(file);
}

/** The file that an import of another file of ours leads to. */
export function pathOf({ file, specifier }: Arrow): string {
  return specifier.startsWith('#') ? specifier.slice(1) : relative(root, join(root, dirname(file), specifier));
}

export const textOf = ({ file, specifier }: Arrow) => `${file} imports ${specifier}`;
