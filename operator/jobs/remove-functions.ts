import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  type KubeObject,
  NETWORK_POLICIES,
  PODS,
  type Resource,
  SERVICES,
} from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import { OUR_POLICIES, POLICY_NAME } from '../network/policy.ts';
import type { JobContext } from './job.ts';

/** What Functions leave to be collected. */
const CHILDREN: readonly Resource[] = [DEPLOYMENTS, PODS, SERVICES, CONFIG_MAPS];
const LOOK_MS = 500;
const MOST_NAMED = 5;

/**
 * Deletes all Functions there are, and waits until they and all that was made for them are gone. The operator has to be
 * running: it puts to sleep what is being deleted. Rejects, with the names of what is left, when the time is up.
 */
export async function removeFunctions(context: JobContext): Promise<void> {
  const removed = new Set<string>();
  await untilNone(context, async () => {
    const functions = await listAll(context, FUNCTIONS as Resource<FunctionObject>, undefined);
    for (const fn of functions) {
      removed.add(nameOf(fn));
      if (fn.metadata.deletionTimestamp === undefined) await remove(context, FUNCTIONS, fn);
    }
    return functions.map((fn) => describe('Function', fn));
  });
  await untilNone(context, () => childrenOf(context, removed));
  // The operator removes them too, but has no time left once this is done.
  for (const policy of await listAll(context, NETWORK_POLICIES, OUR_POLICIES)) {
    if (policy.metadata?.name === POLICY_NAME) await remove(context, NETWORK_POLICIES, policy);
  }
  context.log.info({ functions: removed.size }, 'functions removed');
}

async function childrenOf(context: JobContext, functions: ReadonlySet<string>): Promise<string[]> {
  if (functions.size === 0) return [];
  const left: string[] = [];
  for (const resource of CHILDREN) {
    for (const child of await listAll(context, resource, LABEL.function)) {
      const { namespace, labels } = child.metadata ?? {};
      if (functions.has(`${namespace}/${labels?.[LABEL.function]}`)) left.push(describe(resource.kind, child));
    }
  }
  return left;
}

/** Looks again and again until nothing is left. */
async function untilNone({ signal }: JobContext, look: () => Promise<string[]>): Promise<void> {
  let left: string[] = [];
  try {
    for (left = await look(); left.length > 0; left = await look()) {
      await pause(LOOK_MS, signal);
      signal.throwIfAborted();
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    const more = left.length > MOST_NAMED ? ` and ${left.length - MOST_NAMED} more` : '';
    throw new Error(`still there: ${left.slice(0, MOST_NAMED).join(', ')}${more}; is the operator running?`, { cause });
  }
}

async function listAll<T extends KubeObject>(
  { kube, config, signal }: JobContext,
  resource: Resource<T>,
  labelSelector: string | undefined,
): Promise<T[]> {
  const namespaces = config.CATNAP_NAMESPACES ?? [undefined];
  const lists = namespaces.map((namespace) => kube.listAll(resource, { namespace, labelSelector, signal }));
  return (await Promise.all(lists)).flatMap(({ items }) => items);
}

/** Just this one, not another that was made under its name. */
async function remove({ kube, signal }: JobContext, resource: Resource, { metadata }: KubeObject): Promise<void> {
  const { namespace, name = '', uid = '' } = metadata ?? {};
  const options = { preconditions: { uid }, propagationPolicy: 'Foreground', signal } as const;
  await kube.delete(resource, { namespace, name }, options).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function describe(kind: string, object: KubeObject): string {
  const held = object.metadata?.finalizers ?? [];
  return `${kind} ${nameOf(object)}${held.length === 0 ? '' : ` (finalizers: ${held.join(', ')})`}`;
}
