import type { ConditionType } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';

/** What became of a change. */
export type Verdict =
  | { kind: 'waiting' }
  /** Requests get the new code. */
  | { kind: 'answers'; url: string | undefined }
  /** `goesOn`: they get the code before. */
  | { kind: 'failed'; message: string; goesOn: boolean; reason?: string };

/** @param generation of the Function when it was written. Pure. */
export function verdictOf({ metadata, status }: FunctionObject, generation: number): Verdict {
  // A later write of another's is for that one to judge.
  if (metadata.generation > generation)
    return { kind: 'failed', message: 'the Function was changed by another meanwhile', goesOn: false };
  if ((status?.observedGeneration ?? 0) < generation) return { kind: 'waiting' };
  const condition = (type: ConditionType) => status?.conditions?.find((one) => one.type === type);
  const [source, revision] = [condition('SourceReady'), condition('RevisionReady')];
  // Until the source is compiled, or the operator's watch shows the ConfigMaps of large code, `RevisionReady` is of the revision before.
  if (source?.status === 'Unknown' || source?.reason === 'ConfigMapNotFound') return { kind: 'waiting' };
  if (source?.status === 'False')
    return { kind: 'failed', reason: source.reason, message: source.message, goesOn: revision?.status === 'True' };
  if (revision?.status === 'False')
    return {
      kind: 'failed',
      reason: revision.reason,
      message: revision.message,
      goesOn: status?.revision !== status?.latestRevision,
    };
  if (revision?.status !== 'True' || status?.revision !== status?.latestRevision) return { kind: 'waiting' };
  return { kind: 'answers', url: status?.url };
}
