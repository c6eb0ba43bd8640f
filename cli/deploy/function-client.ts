import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound, KubeError } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { conflictLines } from '../manifest/change.ts';
import type { FunctionManifest } from '../manifest/function-manifest.ts';
import { MANAGED_BY_CLI } from '../manifest/labels.ts';

/** Where a command works. */
export interface Target {
  kube: KubeClient;
  namespace: string;
  signal: AbortSignal;
}

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;

/** Undefined: there is no such Function. Throws where the cluster knows no Functions. */
export async function functionNamed(
  name: string,
  { kube, namespace, signal }: Target,
): Promise<FunctionObject | undefined> {
  try {
    return await kube.get(FUNCTION, { namespace, name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (error.details?.details?.name === name) return undefined;
    throw new CommandError(
      'the cluster knows no Functions: Catnap is not installed on it (docs/install.md)',
      EXIT.cluster,
      { cause: error },
    );
  }
}

/** All of a namespace that a selector is for. */
export async function functionsOf(
  labelSelector: string,
  { kube, namespace, signal }: Target,
): Promise<FunctionObject[]> {
  return (await kube.listAll(FUNCTION, { namespace, labelSelector, signal })).items;
}

export interface ApplyFunction {
  /** Nothing is stored. */
  dryRun: boolean;
  /** Fields that others have set are taken over. */
  force: boolean;
}

/** Server-side apply. Throws a CommandError that names field and manager where another has set what this would change. */
export async function applyFunction(
  manifest: FunctionManifest,
  { kube, signal }: Target,
  { dryRun, force }: ApplyFunction,
): Promise<FunctionObject> {
  // What the API server answers is complete.
  const object = manifest as unknown as FunctionObject;
  try {
    return await kube.apply(FUNCTION, object, { fieldManager: MANAGED_BY_CLI, force, dryRun, signal });
  } catch (error) {
    const lines = error instanceof KubeError ? conflictLines(error) : undefined;
    if (lines === undefined) throw error;
    const { name } = manifest.metadata;
    throw new CommandError(
      `${name}: others have set what this would change:\n${lines.join('\n')}\nleave these fields out, or take them over with --force-conflicts`,
      EXIT.failed,
      { cause: error },
    );
  }
}

/** 404 is thrown. */
export async function deleteFunction(name: string, { kube, namespace, signal }: Target, dryRun = false): Promise<void> {
  await kube.delete(FUNCTION, { namespace, name }, { propagationPolicy: 'Background', dryRun, signal });
}

/** By which what was deployed goes with its Function. */
export function ownedBy({ apiVersion, kind, metadata: { name, uid } }: FunctionObject) {
  return { apiVersion, kind, name, uid };
}
