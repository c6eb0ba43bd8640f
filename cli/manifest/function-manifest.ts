/** A project's function as the objects that it is on a cluster. Pure. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FunctionSpec } from '#api/function.ts';
import { SOURCE_CONFIG_MAPS_MAX, SOURCE_MAX_BYTES } from '#api/function-source.ts';
import { API_VERSION, KIND, LABEL } from '#api/names.ts';
import type { BuiltCode } from '../build/built-code.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { ProjectFunction } from '../project/project.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from './labels.ts';

export interface FunctionManifest {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  spec: Partial<FunctionSpec>;
}

/** A ConfigMap with a part of a function's code, named by its content. */
export interface SourceConfigMap {
  apiVersion: 'v1';
  kind: 'ConfigMap';
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  immutable: true;
  /** As base64. */
  binaryData: Record<string, string>;
}

export interface Manifests {
  function: FunctionManifest;
  /** Empty: the code stands in the Function. In order of their numbers. */
  configMaps: SourceConfigMap[];
}

/** Whose it is. */
export interface ManifestPlace {
  /** Name of the project. */
  project: string;
  /** Undefined: it is left to who applies it. */
  namespace: string | undefined;
}

/** The module's name among the files of the source. */
export const MODULE = 'index.js';
/** Of what is compressed, in one ConfigMap, whose limit is 1 MiB with its keys. */
const PIECE_BYTES = 900 * 1024;

/** @param built undefined: it runs an image. */
export function manifestsOf(
  { name, spec }: ProjectFunction,
  built: BuiltCode | undefined,
  place: ManifestPlace,
): Manifests {
  const labels = { [LABEL.managedBy]: MANAGED_BY_CLI, [CLI_LABEL.project]: place.project };
  const metadata = { name, ...(place.namespace !== undefined && { namespace: place.namespace }), labels };
  const of = (source?: FunctionSpec['source']): FunctionManifest => ({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata,
    spec: { ...(source !== undefined && { source }), ...spec },
  });
  if (built === undefined) return { function: of(), configMaps: [] };
  const text = moduleText(built);
  // As JavaScript: as TypeScript some of it would mean something else.
  if (Buffer.byteLength(text) <= SOURCE_MAX_BYTES)
    return { function: of({ files: { [MODULE]: text } }), configMaps: [] };
  const configMaps = configMapsOf(text, metadata);
  return {
    function: of({ configMapRefs: configMaps.map(({ metadata: { name } }) => ({ name })) }),
    configMaps,
  };
}

/** The module with its source map. */
function moduleText({ code, map }: BuiltCode): string {
  const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
  return `${code.trimEnd()}\n//# sourceMappingURL=${url}\n`;
}

function configMapsOf(text: string, { name, ...place }: FunctionManifest['metadata']): SourceConfigMap[] {
  const packed = gzipped(text);
  const count = Math.ceil(packed.length / PIECE_BYTES);
  if (count > SOURCE_CONFIG_MAPS_MAX)
    throw new CommandError(
      `${name}: its code takes ${count} ConfigMaps, more than ${SOURCE_CONFIG_MAPS_MAX}`,
      EXIT.build,
    );
  const hash = createHash('sha256').update(packed).digest('hex').slice(0, 12);
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${name}-source-${hash}-${index + 1}`,
      ...place,
      labels: { ...place.labels, [CLI_LABEL.function]: name },
    },
    immutable: true,
    binaryData: {
      [count === 1 ? `${MODULE}.gz` : `${MODULE}.gz.${index + 1}`]: packed
        .subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)
        .toString('base64'),
    },
  }));
}

/** Equal text gives equal bytes on every system: the header does not say on which it was made. */
function gzipped(text: string): Buffer {
  const packed = gzipSync(text, { level: 9 });
  packed[9] = 255;
  return packed;
}
