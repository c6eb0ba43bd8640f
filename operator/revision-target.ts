import type { FunctionObject } from '#api/function.ts';
import { sourceHashOf } from './bundles.ts';
import type { ConfigMapWatches } from './config-map-watches.ts';
import { environmentConfigMaps, revisionOf, type SourceFiles } from './function/revision.ts';
import { sourceFiles } from './source/files.ts';

/** The revision that the spec asks for. */
export interface RevisionTarget {
  revision: string;
  /** Absent for `image`. */
  source?: SourceFiles;
  sourceHash?: string;
}

/**
 * Reads what the spec refers to. Undefined while that is still being asked for: the key is added again then. Throws a
 * SourceError when the source is not there.
 */
export function revisionTarget(fn: FunctionObject, configMaps: ConfigMapWatches): RevisionTarget | undefined {
  const { spec, metadata } = fn;
  const environment = environmentConfigMaps(spec);
  const sourceName = spec.source?.configMapRef?.name;
  const names = [...new Set([...environment, ...(sourceName === undefined ? [] : [sourceName])])];
  const contents = configMaps.read(`${metadata.namespace}/${metadata.name}`, metadata.namespace, names);
  if (contents === undefined) return undefined;
  const referred = Object.fromEntries(environment.map((name) => [name, contents[name] ?? null]));
  if (spec.source === undefined) return { revision: revisionOf(metadata.name, spec, { configMaps: referred }) };
  const source = sourceFiles(spec.source, contents[sourceName ?? ''] ?? null);
  return {
    revision: revisionOf(metadata.name, spec, { source, configMaps: referred }),
    source,
    sourceHash: sourceHashOf(source, spec),
  };
}
