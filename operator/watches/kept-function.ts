/** What the operator keeps of a Function in memory: all but the text of its source, and that spec only once. */
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import { leanMetadata } from '#platform/informer/lean-metadata.ts';
import { sharedFields, sharedPart, shareStrings } from '#platform/informer/shared-values.ts';
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
  /** Absent: it takes more than the Function to tell. */
  digest: SourceDigest | undefined;
}

/** The Function with a spec that was read through the schema and, in place of the source's text, its digest. */
export function keepFunction(stored: FunctionObject): FunctionObject {
  const checked = validateFunction(stored);
  const { status } = stored;
  const spec = keepSpec(stored.metadata.name, 'fn' in checked ? checked.fn.spec : stored.spec, checked);
  const kept: FunctionObject = shareStrings({
    ...stored,
    metadata: leanMetadata(stored.metadata),
    spec: sharedFields(spec),
    ...(status && {
      status: { ...status, ...(status.conditions && { conditions: status.conditions.map(sharedPart) }) },
    }),
  });
  rememberValidation(kept, 'fn' in checked ? { fn: kept } : checked);
  return kept;
}

function keepSpec(name: string, spec: FunctionSpec, checked: ValidatedFunction): FunctionSpec {
  const { source } = spec;
  if (source === undefined || (source.inline === undefined && source.files === undefined)) return spec;
  const { inline: _, files: __, ...rest } = source;
  const kept: KeptSource = { ...rest, digest: 'fn' in checked ? digestOf(name, spec, source) : undefined };
  return { ...spec, source: kept };
}

function digestOf(name: string, spec: FunctionSpec, source: Source): SourceDigest | undefined {
  if (environmentConfigMaps(spec).length > 0) return undefined;
  try {
    const read = sourceFiles(source, []);
    return { revision: revisionOf(name, spec, { source: read, configMaps: {} }), sourceHash: sourceHashOf(read, spec) };
  } catch {
    // The reconcile that asks for the text tells the user what is wrong with it.
    return undefined;
  }
}

/** Undefined: it has to be made of the text and of ConfigMaps. */
export function sourceDigest({ spec }: FunctionObject): SourceDigest | undefined {
  return (spec.source as Partial<KeptSource> | undefined)?.digest;
}

/** Whether the text of a source in the Function was let go. */
export function withoutText(source: Source): boolean {
  return 'digest' in source;
}
