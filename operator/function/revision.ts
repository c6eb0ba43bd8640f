import type { FunctionSpec } from '#api/function.ts';
import { revisionName } from '#api/names.ts';
import { contentHash, contentHashOf } from './content-hash.ts';

/** The source as it is compiled: contents by path, and which of them is loaded. */
export interface SourceFiles {
  files: Record<string, string>;
  /** Files that are no text, as base64, by path; absent: there are none. */
  binary?: Record<string, string>;
  entry: string;
}

/** What a revision is made of besides the spec. */
export interface RevisionInputs {
  /** Absent for `image`. */
  source?: SourceFiles;
  /** Contents of the ConfigMaps that `env` and `envFrom` name; null: there is none of that name. */
  configMaps: Record<string, Record<string, string> | null>;
}

/**
 * Name of the revision that runs these inputs. Only what the user gave goes in, nothing of the operator's own: an
 * upgrade makes no revision. What does not change the pod stays out (scaling, queue, routes, concurrency.target,
 * timeouts, maxBodyBytes, policies), and `async`, whose time limit changes only how long a pod may take to leave: it reaches
 * pods when they next start from zero. A field that a later version adds must stay out too while it has its default.
 */
export function revisionOf(functionName: string, spec: FunctionSpec, inputs: RevisionInputs): string {
  return revisionName(functionName, contentHash({ ...ofSpec(spec, inputs.source), configMaps: inputs.configMaps }));
}

/** The same of ConfigMaps, sorted by name, that are read one by one. */
export async function revisionOfContents(
  functionName: string,
  spec: FunctionSpec,
  inputs: { source: SourceFiles | undefined; configMaps: AsyncIterable<[string, Record<string, string> | null]> },
): Promise<string> {
  const { source, configMaps } = inputs;
  return revisionName(functionName, await contentHashOf(ofSpec(spec, source), 'configMaps', configMaps));
}

function ofSpec(spec: FunctionSpec, source: SourceFiles | undefined): object {
  const {
    image,
    handler,
    env,
    envFrom,
    secrets,
    resources,
    serviceAccountName,
    imagePullSecrets,
    timeoutSeconds,
    securityContext,
  } = spec;
  const signature = spec.signature === 'auto' ? undefined : spec.signature;
  return {
    source,
    image,
    handler,
    signature,
    env,
    envFrom,
    secrets,
    resources,
    serviceAccountName,
    imagePullSecrets,
    securityContext,
    timeoutSeconds,
    concurrencyLimit: spec.concurrency.limit,
  };
}

/** Names of the ConfigMaps whose contents reach the container's environment, each once, in order. */
export function environmentConfigMaps(spec: FunctionSpec): string[] {
  const named = [
    ...(spec.env ?? []).map((variable) => variable.valueFrom?.configMapKeyRef?.name),
    ...(spec.envFrom ?? []).map((from) => from.configMapRef?.name),
  ];
  return [...new Set(named.filter((name) => name !== undefined))].sort();
}
