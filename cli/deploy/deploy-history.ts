/** The deploys of a function that are remembered on the cluster. */
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { isAlreadyExists } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/kube/resources.ts';
import {
  type DeployRecord,
  isNewest,
  kept,
  recordManifest,
  recordsIn,
  sourceNames,
  vouching,
} from '../manifest/deploy-record.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from '../manifest/labels.ts';
import { ownedBy, type Target } from './function-client.ts';
import { removeSources, unlessNotFound } from './source-store.ts';

/** Two deploys at once may want the same number, and another's ConfigMap may have its name. */
const TRIES = 5;
/** Longer than any deploy takes from its code to its record. */
const ABANDONED_AFTER_MS = 15 * 60_000;

/** Newest first; empty: none was made by the command line. */
export async function deploysOf(
  { metadata: { name, annotations } }: FunctionObject,
  { kube, namespace, signal }: Target,
): Promise<DeployRecord[]> {
  const labelSelector = `${CLI_LABEL.function}=${name},${CLI_LABEL.deploy}`;
  return recordsIn((await kube.listAll(CONFIG_MAPS, { namespace, labelSelector, signal })).items, annotations);
}

export interface Deployed {
  /** As it is on the cluster. */
  object: FunctionObject;
  /** As it was applied. */
  spec: DeployRecord['spec'];
  project: string;
  /** RFC 3339. */
  at: string;
  /** Number of the deploy that was gone back to. */
  from?: number;
}

/** Remembers a deploy, unless it is the newest one again, and forgets what is too old with its code. Gives its number. */
export async function remember(deployed: Deployed, target: Target): Promise<number> {
  const { object, spec, project, at, from } = deployed;
  const { name, namespace } = object.metadata;
  const of = { function: { name, namespace }, project, owner: ownedBy(object) };
  const records = await deploysOf(object, target);
  const [newest] = records;
  if (newest !== undefined && isNewest(records, spec)) return newest.number;
  for (let number = (newest?.number ?? 0) + 1; ; number += 1) {
    const made = { number, spec, at, from };
    let stored: ConfigMap;
    try {
      const manifest: ConfigMap = recordManifest(made, of);
      stored = await target.kube.create(CONFIG_MAPS, manifest, { fieldManager: MANAGED_BY_CLI, signal: target.signal });
    } catch (error) {
      if (isAlreadyExists(error) && number <= (newest?.number ?? 0) + TRIES) continue;
      throw error;
    }
    const nowMs = Date.parse(stored.metadata?.creationTimestamp ?? '');
    const { keep, drop } = kept([made, ...records]);
    await vouch(object, vouching(stored, { number, drop }), target);
    await forget(name, { keep, drop, nowMs }, target);
    return number;
  }
}

async function vouch(
  { metadata: { name } }: FunctionObject,
  annotations: Readonly<Record<string, string | null>>,
  { kube, namespace, signal }: Target,
): Promise<void> {
  const patch = { type: 'merge', body: { metadata: { annotations } } } as const;
  await kube.patch(FUNCTIONS, { namespace, name }, patch, { fieldManager: MANAGED_BY_CLI, signal });
}

/** @param nowMs by the API server's clock */
async function forget(
  name: string,
  { keep, drop, nowMs }: { keep: readonly DeployRecord[]; drop: readonly DeployRecord[]; nowMs: number },
  target: Target,
): Promise<void> {
  const { kube, namespace, signal } = target;
  for (const { number } of drop)
    await kube.delete(CONFIG_MAPS, { namespace, name: `${name}-deploy-${number}` }, { signal }).catch(unlessNotFound);
  const namesOf = (some: readonly DeployRecord[]) => new Set(some.flatMap(({ spec }) => sourceNames(spec)));
  const abandonedBeforeMs = nowMs - ABANDONED_AFTER_MS;
  await removeSources(name, { needed: namesOf(keep), forgotten: namesOf(drop), abandonedBeforeMs }, target);
}
