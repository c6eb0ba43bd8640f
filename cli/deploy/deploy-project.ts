/** A project onto a cluster: all is checked before the first write. */
import type { FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import { sourceHash } from '#api/source-hash.ts';
import { isInvalid } from '#platform/kube/error.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { type Change, changeOf, otherCode, projectOf } from '../manifest/change.ts';
import { sourceNames } from '../manifest/deploy-record.ts';
import type { Manifests } from '../manifest/function-manifest.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from '../manifest/labels.ts';
import { remember } from './deploy-history.ts';
import { applyFunction, deleteFunction, functionNamed, functionsOf, type Target } from './function-client.ts';
import { adopt, putSources } from './source-store.ts';

/** What would become of one function. */
export interface PlannedFunction {
  manifests: Manifests;
  /** Undefined: there is none yet. */
  live: FunctionObject | undefined;
  /** As the API server would store it. */
  planned: FunctionObject;
  change: Change;
}

export interface DeployedFunction {
  name: string;
  change: Change;
  /** Number of the deploy. */
  deploy: number;
  object: FunctionObject;
  /** `status.sourceHash` of code in ConfigMaps; undefined: it stands in the Function. */
  sourceHash: string | undefined;
}

/** Whose functions, and whether they may be another's. */
export interface DeployOptions {
  project: string;
  /** Fields that others have set, and functions of other projects, are taken over. */
  force: boolean;
}

/** Asks the API server what it would make of each, and stores nothing. Throws where one is refused, or is another project's. */
export async function planProject(
  manifests: readonly Manifests[],
  target: Target,
  { project, force }: DeployOptions,
): Promise<PlannedFunction[]> {
  const planned: PlannedFunction[] = [];
  for (const one of manifests) {
    const { name } = one.function.metadata;
    const live = await functionNamed(name, target);
    const owner = live === undefined ? undefined : projectOf(live);
    if (owner !== undefined && owner !== project && !force)
      throw new CommandError(
        `${name} is of the project "${owner}" in ${target.namespace}: deploy under another name or namespace, or take it over with --force-conflicts`,
        EXIT.failed,
      );
    const object = await applyFunction(one.function, target, { dryRun: true, force }).catch(explained(one, live));
    planned.push({ manifests: one, live, planned: object, change: changeOf(live, object) });
  }
  return planned;
}

function explained(
  { function: { metadata, spec } }: Manifests,
  live: FunctionObject | undefined,
): (error: unknown) => never {
  return (cause) => {
    const others = live === undefined || !isInvalid(cause) ? [] : otherCode(live, spec);
    if (others.length === 0) throw cause;
    throw new CommandError(
      `${metadata.name}: it has its code by other means, which another manager than this command has set: ${others.join(', ')}. Take that out with that tool, or delete the function first (catnap delete ${metadata.name})`,
      EXIT.failed,
      { cause },
    );
  };
}

/** @param at RFC 3339, for the record of the deploy */
export async function carryOut(
  { manifests, live, change }: PlannedFunction,
  target: Target,
  { project, force, at }: DeployOptions & { at: string },
): Promise<DeployedFunction> {
  const { function: manifest, configMaps } = manifests;
  const { name } = manifest.metadata;
  await putSources(configMaps, live, target);
  const object = await applyFunction(manifest, target, { dryRun: false, force });
  if (live?.metadata.uid !== object.metadata.uid) await adopt(sourceNames(manifest.spec), object, target);
  const deploy = await remember({ object, spec: manifest.spec, project, at }, target);
  return {
    name,
    change,
    deploy,
    object,
    sourceHash: configMaps.length === 0 ? undefined : sourceHash(configMaps),
  };
}

/** Removes functions that the project deployed and does not name any more. Gives their names. */
export async function prune(
  project: string,
  names: readonly string[],
  target: Target,
  dryRun: boolean,
): Promise<string[]> {
  const selector = `${CLI_LABEL.project}=${project},${LABEL.managedBy}=${MANAGED_BY_CLI}`;
  const left = (await functionsOf(selector, target)).filter(({ metadata }) => !names.includes(metadata.name));
  for (const { metadata } of left) await deleteFunction(metadata.name, target, dryRun);
  return left.map(({ metadata }) => metadata.name);
}
