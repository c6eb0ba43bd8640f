/** What a deploy does to what is there. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import type { KubeError } from '#platform/kube/error.ts';
import { CLI_LABEL } from './labels.ts';

export type Change = 'created' | 'changed' | 'unchanged';

/** @param live undefined: there is none yet. @param planned as the API server would store it */
export function changeOf(live: FunctionObject | undefined, planned: FunctionObject): Change {
  if (live === undefined) return 'created';
  const parts = ({ spec, metadata: { labels = {}, annotations = {} } }: FunctionObject) => ({
    spec,
    labels,
    annotations,
  });
  return isDeepStrictEqual(parts(live), parts(planned)) ? 'unchanged' : 'changed';
}

/** The project that a Function is of; undefined: none. */
export function projectOf({ metadata }: FunctionObject): string | undefined {
  return metadata.labels?.[CLI_LABEL.project];
}

/**
 * The fields of a Function's spec that give it code by another means than `spec` does: server-side apply leaves them beside it, which
 * the API server refuses.
 */
export function otherCode({ spec: live }: FunctionObject, spec: Partial<FunctionSpec>): string[] {
  const means = ({ source, image }: Partial<FunctionSpec>) => [
    ...(['inline', 'files', 'configMapRef', 'configMapRefs'] as const)
      .filter((name) => source?.[name] !== undefined)
      .map((name) => `spec.source.${name}`),
    ...(image === undefined ? [] : ['spec.image']),
  ];
  const own = means(spec);
  return means(live).filter((field) => !own.includes(field));
}

/** The fields that another manager has set, each in a line; undefined: the error is no such conflict. */
export function conflictLines(error: KubeError): string[] | undefined {
  const causes = error.details?.details?.causes?.filter(({ reason }) => reason === 'FieldManagerConflict') ?? [];
  if (error.status !== 409 || causes.length === 0) return undefined;
  return causes.map(({ field = '', message = '' }) => {
    const manager = /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
    return `  ${field}  set by ${manager ?? message}`;
  });
}
