import type { SourceFiles } from '../function/revision.ts';
import { bundle, type Esbuild } from './bundle.ts';
import { bundleChunks, STORED_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import type { WantedHandler } from './exported-handler.ts';
import { SourceError } from './source-error.ts';

/**
 * Goes into the hash that says whether a stored bundle is up to date: change it when bundles should be made anew
 * (each function then gets its own the next time it is at zero).
 */
export const COMPILER = 'esbuild-0.28/4';

/**
 * The chunks to store for `source`. Throws a SourceError when it does not compile, lacks the handler, or is too large
 * to store even without its text in the source map.
 */
export async function compileSource(source: SourceFiles, handler: WantedHandler, esbuild: Esbuild): Promise<string[]> {
  const { code, leanCode } = await bundle(source, handler, esbuild);
  const chunks = await bundleChunks(code);
  if (storedBytes(chunks) <= STORED_MAX_BYTES) return chunks;
  const lean = await bundleChunks(leanCode());
  if (storedBytes(lean) <= STORED_MAX_BYTES) return lean;
  const kib = (bytes: number) => Math.ceil(bytes / 1024);
  throw new SourceError(
    'CompileFailed',
    `the compiled function takes ${kib(storedBytes(lean))} KiB (compressed, as base64), more than the ${kib(STORED_MAX_BYTES)} KiB that a pod can be handed; make it smaller, or build an image FROM the Catnap runtime image with the code in it and give that as spec.image`,
  );
}
