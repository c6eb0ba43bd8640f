import { STORED_MAX_BYTES } from '#api/rules/stored-size.ts';
import type { SourceFiles } from '../function/revision.ts';
import { bundle, type Esbuild, withMap } from './bundle.ts';
import { bundleChunks, MAP_MAX_BYTES, STORED_WITH_MAP_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import { type BundleMap, withoutText } from './bundle-map.ts';
import type { WantedHandler } from './exported-handler.ts';
import { SourceError } from './source-error.ts';

/**
 * Goes into the hash that says whether a stored bundle is up to date: change it when bundles should be made anew
 * (each function then gets its own the next time it is at zero).
 */
export const COMPILER = 'esbuild-0.28/4';

/** What is stored of a source that compiled. */
export interface CompiledSource {
  /** The bundle, see bundleChunks. */
  chunks: string[];
  /** Its source map, in the same way, where it is not in the bundle. Empty: it is, or it is too large to store. */
  map: string[];
  /** What the user has to know although it compiled. */
  notes: string[];
}

/**
 * Compiles `source` into what is stored. Throws a SourceError when it does not compile, lacks the handler, or is too large
 * to store even without its source map.
 */
export async function compileSource(
  source: SourceFiles,
  handler: WantedHandler,
  esbuild: Esbuild,
): Promise<CompiledSource> {
  const { text, map, notes } = await bundle(source, handler, esbuild);
  for (const inline of [map, withoutText(map)]) {
    const chunks = await bundleChunks(withMap(text, inline));
    if (storedBytes(chunks) <= STORED_WITH_MAP_MAX_BYTES) return { chunks, map: [], notes };
  }
  const chunks = await bundleChunks(text);
  if (storedBytes(chunks) > STORED_MAX_BYTES) throw tooLarge(storedBytes(chunks));
  const stored = await mapChunks(map);
  return { chunks, map: stored, notes: stored.length > 0 ? notes : [...notes, NO_MAP] };
}

const NO_MAP = 'its source map is too large to be stored: stacks show lines of the bundle';

async function mapChunks(map: BundleMap): Promise<string[]> {
  for (const one of [map, withoutText(map)]) {
    const chunks = await bundleChunks(JSON.stringify(one));
    if (storedBytes(chunks) <= MAP_MAX_BYTES) return chunks;
  }
  return [];
}

function tooLarge(bytes: number): SourceError {
  const kib = (count: number) => Math.ceil(count / 1024).toLocaleString('en');
  return new SourceError(
    'CompileFailed',
    `the compiled function takes ${kib(bytes)} KiB (compressed, as base64, without its source map), more than the ${kib(STORED_MAX_BYTES)} KiB that a pod can be handed; make it smaller (--minify, fewer packages), or build an image FROM the Catnap runtime image with the code in it and give that as spec.image`,
  );
}
