import { contentHash } from '../function/content-hash.ts';
import type { SourceFiles } from '../function/revision.ts';
import { COMPILER } from './compile-source.ts';
import type { WantedHandler } from './exported-handler.ts';

/** Which source, compiled with what: bundles of an equal hash need not be made again. */
export function sourceHashOf(source: SourceFiles, { handler, signature }: WantedHandler): string {
  const named = signature === 'auto' ? undefined : signature;
  return contentHash({ source, handler, signature: named, compiler: COMPILER }).slice(0, 32);
}
