/** The ConfigMaps with a function's code. */
import type { FunctionObject } from '#api/function.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/kube/resources.ts';
import type { SourceConfigMap } from '../manifest/function-manifest.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from '../manifest/labels.ts';
import { ownedBy, type Target } from './function-client.ts';

/** A megabyte over a slow line. */
const DEADLINE_MS = 60_000;

/**
 * Before the Function that names them: it never names what is not there. One by one: they are large.
 * @param owner undefined: the Function is not there yet, see `adopt`.
 */
export async function putSources(
  configMaps: readonly SourceConfigMap[],
  owner: FunctionObject | undefined,
  { kube, signal }: Target,
): Promise<void> {
  for (const configMap of configMaps) {
    const ownerReferences = owner === undefined ? [] : [ownedBy(owner)];
    const object = {
      ...configMap,
      metadata: { ...configMap.metadata, ...(owner !== undefined && { ownerReferences }) },
    };
    await kube.apply(CONFIG_MAPS, object, { fieldManager: MANAGED_BY_CLI, signal, deadlineMs: DEADLINE_MS });
  }
}

/** Makes the Function the owner of its code, so that it goes with it. What is gone by now is no failure. */
export async function adopt(
  names: readonly string[],
  owner: FunctionObject,
  { kube, namespace, signal }: Target,
): Promise<void> {
  const body = { metadata: { ownerReferences: [ownedBy(owner)] } };
  for (const name of names) {
    const patch = { type: 'merge', body } as const;
    await kube
      .patch(CONFIG_MAPS, { namespace, name }, patch, { fieldManager: MANAGED_BY_CLI, signal })
      .catch(unlessNotFound);
  }
}

/** What of a function's code is not needed any more. */
export interface Outdated {
  /** Names of what stays. */
  needed: ReadonlySet<string>;
  /** Of deploys that are forgotten. */
  forgotten: ReadonlySet<string>;
  /** What no deploy names is another deploy's at this moment, unless it was made before then: milliseconds since 1970, by the API server's clock. */
  abandonedBeforeMs: number;
}

export async function removeSources(
  functionName: string,
  { needed, forgotten, abandonedBeforeMs }: Outdated,
  { kube, namespace, signal }: Target,
): Promise<void> {
  const labelSelector = `${CLI_LABEL.function}=${functionName},!${CLI_LABEL.deploy}`;
  const { items } = await kube.listAll(CONFIG_MAPS, { namespace, labelSelector, metadataOnly: true, signal });
  for (const { metadata } of items) {
    const name = metadata?.name ?? '';
    const isAbandoned = Date.parse(metadata?.creationTimestamp ?? '') < abandonedBeforeMs;
    if (!needed.has(name) && (forgotten.has(name) || isAbandoned))
      await kube.delete(CONFIG_MAPS, { namespace, name }, { signal }).catch(unlessNotFound);
  }
}

/** Those of `names` that are there. */
export async function sourcesNamed(
  names: readonly string[],
  { kube, namespace, signal }: Target,
): Promise<ConfigMap[]> {
  const found: ConfigMap[] = [];
  for (const name of names) {
    const one = await kube
      .get(CONFIG_MAPS, { namespace, name }, { signal, deadlineMs: DEADLINE_MS })
      .catch(unlessNotFound);
    if (one !== undefined) found.push(one);
  }
  return found;
}

export function unlessNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
