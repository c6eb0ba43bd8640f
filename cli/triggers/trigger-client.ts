import { ANNOTATION, GROUP } from '#api/names.ts';
import { TRIGGERS, type TriggerObject } from '#api/trigger.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { MANAGED_BY_CLI } from '../manifest/labels.ts';

const TRIGGER: Resource<TriggerObject> = TRIGGERS;

interface Place {
  kube: Pick<KubeClient, 'get' | 'listAll' | 'patch'>;
  /** Undefined: all. */
  namespace?: string | undefined;
  signal: AbortSignal;
}
type Named = Place & { namespace: string };

/** By namespace and name. Throws a CommandError where the cluster knows no Triggers. */
export async function triggersIn({ kube, namespace, signal }: Place): Promise<TriggerObject[]> {
  try {
    return (await kube.listAll(TRIGGER, { namespace, signal })).items;
  } catch (error) {
    throw isNotFound(error) ? unknownKind(error) : error;
  }
}

/** Those that call a function; none too where the cluster knows no Triggers. */
export async function triggersOf(name: string, { kube, namespace, signal }: Named): Promise<TriggerObject[]> {
  try {
    const { items } = await kube.listAll(TRIGGER, { namespace, signal });
    return items.filter(({ spec }) => spec.function === name);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Throws a CommandError where there is none, or where the cluster knows no Triggers. */
export async function triggerNamed(name: string, { kube, namespace, signal }: Named): Promise<TriggerObject> {
  try {
    return await kube.get(TRIGGER, { namespace, name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (error.details?.details?.name !== name) throw unknownKind(error);
    const message = `there is no trigger ${name} in ${namespace}; catnap trigger list --all-namespaces shows those there are`;
    throw new CommandError(message, EXIT.notFound, { cause: error });
  }
}

/** Asks for a run by the annotation; each value is run once. @returns the Trigger as it is then */
export async function askForRun(
  name: string,
  value: string,
  { kube, namespace, signal }: Named,
): Promise<TriggerObject> {
  const body = { metadata: { annotations: { [ANNOTATION.runNow]: value } } };
  return await kube.patch(
    TRIGGER,
    { namespace, name },
    { type: 'merge', body },
    { fieldManager: MANAGED_BY_CLI, signal },
  );
}

function unknownKind(cause: unknown): CommandError {
  const message = `the cluster knows no Triggers: the definition triggers.${GROUP} is not installed on it (docs/install.md)`;
  return new CommandError(message, EXIT.cluster, { cause });
}
