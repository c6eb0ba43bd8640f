/** The deploys of a function that are remembered on the cluster. */
import type { FunctionObject } from '#api/function.ts';
import { isAlreadyExists } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/kube/resources.ts';
import {
  type DeployRecord,
  isNewest,
  kept,
  recordManifest,
  recordsIn,
  sourceNames,
} from '../manifest/deploy-record.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from '../manifest/labels.ts';
import { ownedBy, type Target } from './function-client.ts';
import { removeSources, unlessNotFound } from './source-store.ts';

/** Two deploys at once may want the same number. */
const TRIES = 5;
/** Longer than any deploy takes from its code to its record. */
const ABANDONED_AFTER_MS = 15 * 60_000;

/** Newest first; empty: none was made by the command line. */
export async function deploysOf(name: string, { kube, namespace, signal }: Target): Promise<DeployRecord[]> {
  const labelSelector = `${CLI_LABEL.function}=${name},${CLI_LABEL.deploy}`;
  return recordsIn((await kube.listAll(CONFIG_MAPS, { namespace, labelSelector, signal })).items);
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
  for (let tries = 1; ; tries += 1) {
    const records = await deploysOf(name, target);
    const [newest] = records;
    if (newest !== undefined && isNewest(records, spec)) return newest.number;
    const made = { number: (newest?.number ?? 0) + 1, spec, at, from };
    let stored: ConfigMap;
    try {
      const manifest: ConfigMap = recordManifest(made, of);
      stored = await target.kube.create(CONFIG_MAPS, manifest, { fieldManager: MANAGED_BY_CLI, signal: target.signal });
    } catch (error) {
      if (isAlreadyExists(error) && tries < TRIES) continue;
      throw error;
    }
    await forget(
      name,
      { records: [made, ...records], nowMs: Date.parse(stored.metadata?.creationTimestamp ?? '') },
      target,
    );
    return made.number;
  }
}

/** @param nowMs by the API server's clock */
async function forget(
  name: string,
  { records, nowMs }: { records: readonly DeployRecord[]; nowMs: number },
  target: Target,
): Promise<void> {
  const { kube, namespace, signal } = target;
  const { keep, drop } = kept(records);
  for (const { number } of drop)
    await kube.delete(CONFIG_MAPS, { namespace, name: `${name}-deploy-${number}` }, { signal }).catch(unlessNotFound);
  const namesOf = (some: readonly DeployRecord[]) => new Set(some.flatMap(({ spec }) => sourceNames(spec)));
  const abandonedBeforeMs = nowMs - ABANDONED_AFTER_MS;
  await removeSources(name, { needed: namesOf(keep), forgotten: namesOf(drop), abandonedBeforeMs }, target);
}
