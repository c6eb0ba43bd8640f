import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import { TRIGGERS } from '#api/trigger.ts';
import type { DeleteOptions } from '#platform/kube/calls.ts';
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
/** What part of its time the job waits for what still runs to end by itself. */
const PATIENCE = 0.75;
/** What pods that still run have then, in seconds; what they ask for themselves may be a day. */
const LAST_GRACE_SECONDS = 1;
const MOST_NAMED = 5;

/**
 * Deletes all Triggers there are, so that nothing calls Functions any more, and all Functions, and waits until they and all that was made for them are gone. The operator has to be
 * running: it puts to sleep what is being deleted. What their pods still run when most of the time is up is ended. Rejects, with the names of what is left, when the time is up.
 */
export async function removeFunctions(context: JobContext): Promise<void> {
  const removed = new Set<string>();
  const endLate = lateEnder(context, removed);
  await untilNone(context, async () => {
    const triggers = await listTriggers(context);
    for (const trigger of triggers) {
      if (trigger.metadata?.deletionTimestamp === undefined) await remove(context, TRIGGERS, trigger);
    }
    return triggers.map((trigger) => describe('Trigger', trigger));
  });
  await untilNone(context, async () => {
    await endLate();
    const functions = await listAll(context, FUNCTIONS as Resource<FunctionObject>, undefined);
    for (const fn of functions) {
      removed.add(nameOf(fn));
      if (fn.metadata.deletionTimestamp === undefined) await remove(context, FUNCTIONS, fn);
    }
    return functions.map((fn) => describe('Function', fn));
  });
  await untilNone(context, async () => {
    await endLate();
    return (await childrenOf(context, CHILDREN, removed)).map(([kind, child]) => describe(kind, child));
  });
  // The operator removes them too, but has no time left once this is done.
  for (const policy of await listAll(context, NETWORK_POLICIES, OUR_POLICIES)) {
    if (policy.metadata?.name === POLICY_NAME) await remove(context, NETWORK_POLICIES, policy);
  }
  context.log.info({ functions: removed.size }, 'functions removed');
}

/** Children of these functions, each with its kind. */
async function childrenOf(
  context: JobContext,
  kinds: readonly Resource[],
  functions: ReadonlySet<string>,
): Promise<[kind: string, child: KubeObject][]> {
  if (functions.size === 0) return [];
  const found: [string, KubeObject][] = [];
  for (const resource of kinds) {
    for (const child of await listAll(context, resource, LABEL.function)) {
      const { namespace, labels } = child.metadata ?? {};
      if (functions.has(`${namespace}/${labels?.[LABEL.function]}`)) found.push([resource.kind, child]);
    }
  }
  return found;
}

/**
 * Shortens the grace period of pods that still leave when most of the job's time is up; before that it does nothing. A handler that
 * does not end, or a program that takes no notice of SIGTERM, would keep them for as long as its longest request or delivery may take.
 */
function lateEnder(context: JobContext, functions: ReadonlySet<string>): () => Promise<void> {
  const endAtMs = performance.now() + PATIENCE * 1_000 * context.config.CATNAP_CHORE_SECONDS;
  const ended = new Set<string>();
  return async () => {
    if (performance.now() < endAtMs) return;
    for (const [, pod] of await childrenOf(context, [PODS], functions)) {
      const { uid = '', deletionTimestamp } = pod.metadata ?? {};
      if (deletionTimestamp === undefined || ended.has(uid)) continue;
      await remove(context, PODS, pod, { gracePeriodSeconds: LAST_GRACE_SECONDS, propagationPolicy: 'Background' });
      ended.add(uid);
      context.log.warn({ pod: nameOf(pod) }, 'the pod did not leave in time: what it ran was ended');
    }
  };
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

/** None too where the API server has no definition of them: one that is applied by hand may not have come yet. */
async function listTriggers(context: JobContext): Promise<KubeObject[]> {
  try {
    return await listAll(context, TRIGGERS as Resource, undefined);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
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
async function remove(
  { kube, signal }: JobContext,
  resource: Resource,
  { metadata }: KubeObject,
  how: Pick<DeleteOptions, 'propagationPolicy' | 'gracePeriodSeconds'> = { propagationPolicy: 'Foreground' },
): Promise<void> {
  const { namespace, name = '', uid = '' } = metadata ?? {};
  const options: DeleteOptions = { preconditions: { uid }, signal, ...how };
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
