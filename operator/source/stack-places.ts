/** Lines of a bundle without a source map, in stacks, as lines of the source. Pure. */
import { SourceMap } from 'node:module';
import { posix } from 'node:path';
import { BUNDLE_FOLDER } from '#api/names.ts';

const BUNDLE = `${BUNDLE_FOLDER}/bundle.mjs`;
const PLACE = new RegExp(`${BUNDLE.replaceAll('.', '\\.')}:(\\d{1,9}):(\\d{1,9})`, 'g');
const MAX_PLACES = 100;
const MAX_PATH_CHARS = 256;

/** Places in the bundle that `text` names, each once, such as `/function/bundle.mjs:120:8`; the first hundred. */
export function bundlePlaces(text: string): string[] {
  return [...new Set(text.match(PLACE) ?? [])].slice(0, MAX_PLACES);
}

/**
 * Where each of `places` is in the source, such as `/function/lib/greet.ts:3:9`; those that the map does not know are left out.
 * @param map as JSON. Throws where it is none.
 */
export function sourcePlaces(map: string, places: readonly string[]): Map<string, string> {
  const read = new SourceMap(JSON.parse(map));
  const found = places.flatMap((place): [string, string][] => {
    const [line = 0, column = 0] = place.split(':').slice(1).map(Number);
    const entry = read.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return [];
    const path = posix.join(BUNDLE_FOLDER, entry.originalSource.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_PATH_CHARS));
    return [[place, `${path}:${entry.originalLine + 1}:${entry.originalColumn + 1}`]];
  });
  return new Map(found);
}

export function withSourcePlaces(text: string, places: ReadonlyMap<string, string>): string {
  return text.replace(PLACE, (place) => places.get(place) ?? place);
}
