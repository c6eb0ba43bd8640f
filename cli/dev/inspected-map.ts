import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuiltCode } from '../build/built-code.ts';

/** The code with its sources named by where they are on this machine, as debuggers look for them. Pure. */
export function withFileUrls(built: BuiltCode, folder: string): BuiltCode {
  const map = JSON.parse(built.map) as { sources: string[] };
  const sources = map.sources.map((source) => pathToFileURL(resolve(folder, source)).href);
  return { ...built, map: JSON.stringify({ ...map, sources }) };
}
