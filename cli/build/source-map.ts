import { packageOf } from './part-sizes.ts';

/** The map as it is sent along: of packages no text. @param printed as esbuild prints it. Pure. */
export function withOwnTexts(printed: string): string {
  const map = JSON.parse(printed) as { sources: string[]; sourcesContent?: (string | null)[] };
  const texts = map.sources.map((source, index) =>
    packageOf(source) === undefined ? (map.sourcesContent?.[index] ?? '') : '',
  );
  return JSON.stringify({ ...map, sourcesContent: texts });
}
