import { CODE, packageOf } from './input-path.ts';
import { withoutPlace } from './module-place.ts';

/** The map as it is sent along: of packages, and of files that are no code, without their text. @param printed as esbuild prints it. Pure. */
export function withOwnTexts(printed: string): string {
  const map = JSON.parse(printed) as { sources: string[]; sourcesContent?: (string | null)[] };
  const texts = map.sources.map((source, index) =>
    packageOf(source) === undefined && CODE.test(source) ? withoutPlace(source, map.sourcesContent?.[index] ?? '') : '',
  );
  return JSON.stringify({ ...map, sourcesContent: texts });
}
