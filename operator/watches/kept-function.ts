/** What the operator keeps of a Function in memory: all but the text of its source, and that spec only once. */
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import { leanMetadata } from '#platform/informer/lean-metadata.ts';
import type { Packing } from '#platform/informer/object-cache.ts';
import { PackedJson } from '#platform/informer/packed-json.ts';
import { environmentConfigMaps, revisionOf } from '../function/revision.ts';
import { rememberValidation, type ValidatedFunction, validateFunction } from '../function/validate-function.ts';
import { sourceFiles } from '../source/files.ts';
import { sourceHashOf } from '../source/source-hash.ts';

/** What was found out about a source before its text was let go. */
interface SourceDigest {
  revision: string;
  sourceHash: string;
}

type Source = NonNullable<FunctionSpec['source']>;
interface KeptSource extends Omit<Source, 'inline' | 'files'> {
  /** Null: it takes more than the Function to tell. */
  digest: SourceDigest | null;
}

/** The Function with a spec that was read through the schema and, in place of the source's text, its digest. */
export function keepFunction(stored: FunctionObject): FunctionObject {
  const checked = validateFunction(stored);
  const spec = keepSpec(stored.metadata.name, 'fn' in checked ? checked.fn.spec : stored.spec, checked);
  const kept: FunctionObject = { ...stored, metadata: leanMetadata(stored.metadata), spec };
  rememberValidation(kept, 'fn' in checked ? { fn: kept } : checked);
  return kept;
}

function keepSpec(name: string, spec: FunctionSpec, checked: ValidatedFunction): FunctionSpec {
  const { source } = spec;
  if (source === undefined || (source.inline === undefined && source.files === undefined)) return spec;
  const { inline: _, files: __, ...rest } = source;
  const kept: KeptSource = { ...rest, digest: 'fn' in checked ? digestOf(name, spec, source) : null };
  return { ...spec, source: kept };
}

function digestOf(name: string, spec: FunctionSpec, source: Source): SourceDigest | null {
  if (environmentConfigMaps(spec).length > 0) return null;
  try {
    const read = sourceFiles(source, []);
    return { revision: revisionOf(name, spec, { source: read, configMaps: {} }), sourceHash: sourceHashOf(read, spec) };
  } catch {
    // The reconcile that asks for the text tells the user what is wrong with it.
    return null;
  }
}

/** A kept Function with what became of its check: it is not read through the schema again, which would miss the text. */
interface Packed {
  fn: FunctionObject;
  mistakes?: string;
}

/** For kept Functions alone. */
export function functionPacking(): Packing<FunctionObject> {
  const json = new PackedJson<Packed>();
  return {
    pack: (fn) => {
      const checked = validateFunction(fn);
      return json.pack({ fn, ...('mistakes' in checked && { mistakes: checked.mistakes }) });
    },
    unpack: (packed) => {
      const { fn, mistakes } = json.unpack(packed);
      rememberValidation(fn, mistakes === undefined ? { fn } : { mistakes });
      return fn;
    },
  };
}

/** Undefined: it has to be made of the text and of ConfigMaps. */
export function sourceDigest({ spec }: FunctionObject): SourceDigest | undefined {
  return (spec.source as Partial<KeptSource> | undefined)?.digest ?? undefined;
}

/** Whether the text of a source in the Function was let go. */
export function withoutText(source: Source): boolean {
  return 'digest' in source;
}
