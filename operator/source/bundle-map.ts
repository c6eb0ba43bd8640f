/** The source map of a bundle, as it is stored: each source by the path the user knows, with text that the user gave. Pure. */
import type { SourceFiles } from '../function/revision.ts';
import { NAMESPACE } from './given-files.ts';
import { SourceError } from './source-error.ts';

export interface BundleMap {
  sources: string[];
  /** Absent: without the sources' text, which takes most of it. */
  sourcesContent?: string[];
  [other: string]: unknown;
}

/**
 * @param printed as esbuild prints it.
 * @param mapped texts that came in the source maps of the user's files.
 * Throws a SourceError when it has text from elsewhere.
 */
export function bundleMap(printed: string, { files }: SourceFiles, mapped: ReadonlySet<string>): BundleMap {
  const map = JSON.parse(printed) as { sources: string[]; sourcesContent?: (string | null)[] };
  const sourcesContent = map.sources.map((source, index) => {
    const content = map.sourcesContent?.[index] ?? '';
    const { namespace, path } = split(source);
    if (namespace === NAMESPACE.own && Object.hasOwn(files, path)) return files[path] ?? '';
    if (namespace !== undefined && namespace !== NAMESPACE.own) return content;
    if (content === '' || mapped.has(content)) return content;
    throw new SourceError('CompileFailed', `the source map has the text of "${source}", which spec.source has not`);
  });
  return { ...map, sources: map.sources.map((source) => split(source).path), sourcesContent };
}

/** Of a name that esbuild made: what stands in a map of the user's has no namespace of ours. */
function split(source: string): { namespace?: string; path: string } {
  const namespace = Object.values<string>(NAMESPACE).find((known) => source.startsWith(`${known}:`));
  return namespace === undefined ? { path: source } : { namespace, path: source.slice(namespace.length + 1) };
}

export function withoutText({ sourcesContent: _, ...lean }: BundleMap): BundleMap {
  return lean;
}
