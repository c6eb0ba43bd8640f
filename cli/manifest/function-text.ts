/** A Function as texts that can be compared by people: its manifest without its code, and the files that the code was made of. Pure. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import { packageOf } from '../build/input-path.ts';
import { MODULE } from './function-manifest.ts';

/** Texts by their name; of two such, those of the same name are compared. */
export type Texts = ReadonlyMap<string, string>;

/** What is read of a ConfigMap. */
interface Content {
  data?: { [key: string]: string };
  binaryData?: { [key: string]: string };
}

const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/;
const UNPACKED_MAX_BYTES = 32 * 1024 * 1024;
const MANIFEST = 'function.yaml';

/** @param configMaps those that its source names. @param fn undefined: there is none, and so no texts. */
export function textsOf(fn: FunctionObject | undefined, configMaps: readonly Content[]): Texts {
  if (fn === undefined) return new Map();
  const code = codeOf(fn.spec.source, configMaps);
  const { name, namespace, labels, annotations } = fn.metadata;
  const shown = {
    apiVersion: fn.apiVersion,
    kind: fn.kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { ...fn.spec, ...(fn.spec.source && { source: withoutCode(fn.spec.source, code) }) },
  };
  return new Map([[MANIFEST, stringify(shown, { lineWidth: 0 })], ...filesOf(code)]);
}

/** The module that was deployed; undefined: it was not made by the command line. */
function codeOf(source: FunctionSpec['source'], configMaps: readonly Content[]): string | undefined {
  if (source?.files !== undefined) return source.files[MODULE];
  const all: Record<string, string> = Object.assign({}, ...configMaps.map(({ binaryData = {} }) => binaryData));
  const pieces = Object.keys(all)
    .filter((key) => key.startsWith(`${MODULE}.gz`))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (pieces.length === 0) return undefined;
  try {
    const packed = Buffer.concat(pieces.map((key) => Buffer.from(all[key] ?? '', 'base64')));
    return gunzipSync(packed, { maxOutputLength: UNPACKED_MAX_BYTES }).toString();
  } catch {
    // Another's, or too large.
    return undefined;
  }
}

function withoutCode(source: NonNullable<FunctionSpec['source']>, code: string | undefined): unknown {
  if (source.files === undefined || code === undefined) return source;
  const sha256 = createHash('sha256').update(code).digest('hex');
  return { ...source, files: { ...source.files, [MODULE]: `(${Buffer.byteLength(code)} bytes, sha256 ${sha256})` } };
}

/** Own files, as the module's source map has them. */
function filesOf(code: string | undefined): [string, string][] {
  const encoded = MAP.exec(code?.slice(Math.max(0, code.lastIndexOf('\n//#'))) ?? '')?.[1];
  if (encoded === undefined) return [];
  try {
    const { sources, sourcesContent } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as {
      sources: string[];
      sourcesContent: string[];
    };
    return sources.flatMap((path, index): [string, string][] =>
      packageOf(path) === undefined ? [[path, sourcesContent[index] ?? '']] : [],
    );
  } catch {
    return [];
  }
}
