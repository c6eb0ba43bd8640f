import type { FunctionObject } from '#api/function.ts';
import { ANNOTATION, FIELD_MANAGER, KIND } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isInvalid, isNotFound } from '#platform/kube/error.ts';
import {
  DEPLOYMENTS,
  type Deployment,
  type KubeObject,
  type Resource,
  SERVICES,
  type Service,
} from '#platform/kube/resources.ts';
import { isControlledBy } from '../function/children.ts';
import { canonicalJson } from '../function/content-hash.ts';
import { isHandedOver } from '../function/replicas-owner.ts';
import { setReplicas } from './set-replicas.ts';

/** A child cannot be written; the message goes into the Function's status. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
  readonly reason: 'NameTaken' | 'InvalidPodTemplate';
  constructor(reason: 'NameTaken' | 'InvalidPodTemplate', message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Writes for one function. */
export interface Writer {
  kube: KubeClient;
  fn: FunctionObject;
  signal: AbortSignal;
}

/**
 * Makes the Service as `desired`. Throws a ChildError when another's has its name: that one is not touched.
 * @param known as last heard of, if at all.
 * @returns why the API server takes no such Service; undefined: it is there.
 */
export async function ensureService(
  writer: Writer,
  desired: Service,
  known: Service | undefined,
): Promise<string | undefined> {
  const { fn } = writer;
  const existing = known ?? (await findOwn(writer, SERVICES, desired));
  if (existing !== undefined) requireOwn(existing, fn, 'Service');
  if (existing !== undefined && serviceMatches(existing, desired)) return undefined;
  try {
    await applyChild(writer, SERVICES, desired, existing);
    return undefined;
  } catch (error) {
    // Before Kubernetes 1.36 a Service's name may not begin with a digit; a Function's may.
    if (isInvalid(error)) return error.message;
    throw error;
  }
}

function serviceMatches(existing: Service, desired: Service): boolean {
  const aspect = ({ spec, metadata }: Service) =>
    canonicalJson([spec?.type, spec?.externalName, spec?.ports?.map(({ port }) => port), metadata?.labels]);
  return aspect(existing) === aspect(desired);
}

/**
 * Makes the Deployment of a revision, asleep. One that is there is changed only while it is at zero, unless `evenAwake`: an
 * upgrade of the operator starts no pod. Throws a ChildError when another's has its name or the API server refuses the pod.
 * Returns it as it is now.
 */
export async function ensureDeployment(
  writer: Writer,
  desired: Deployment,
  known: Deployment | undefined,
  { evenAwake }: { evenAwake: boolean } = { evenAwake: false },
): Promise<Deployment> {
  const existing = known ?? (await findOwn(writer, DEPLOYMENTS, desired));
  if (existing === undefined) {
    const asleep = { ...desired, spec: { ...specOf(desired), replicas: 0 } };
    return handOver(writer, await applyDeployment(writer, asleep, undefined));
  }
  requireOwn(existing, writer.fn, 'Deployment');
  const current = await handOver(writer, existing);
  const hash = (deployment: Deployment) => deployment.metadata?.annotations?.[ANNOTATION.templateHash];
  if (hash(current) === hash(desired) || (!evenAwake && (current.spec?.replicas ?? 0) > 0)) return current;
  return applyDeployment(writer, desired, current);
}

function specOf(deployment: Deployment): NonNullable<Deployment['spec']> {
  if (deployment.spec === undefined) throw new Error('a Deployment without a spec');
  return deployment.spec;
}

/** Throws a ChildError when the API server refuses the pod. */
export async function applyDeployment(
  writer: Writer,
  desired: Deployment,
  existing: Deployment | undefined,
): Promise<Deployment> {
  return applyChild(writer, DEPLOYMENTS, desired, existing).catch((error: unknown) => {
    if (isInvalid(error))
      throw new ChildError('InvalidPodTemplate', `the pod is refused: ${error.message}`, { cause: error });
    throw error;
  });
}

/**
 * Lets the autoscaler and the gateway own `spec.replicas`, so that our applies, which do not name it, leave it alone.
 * Only if that has not happened yet; a crash may lie between creating a Deployment and this.
 */
async function handOver(writer: Writer, deployment: Deployment): Promise<Deployment> {
  if (isHandedOver(deployment)) return deployment;
  await setReplicas(writer, deployment, deployment.spec?.replicas ?? 0);
  return writer.kube.get(DEPLOYMENTS, refOf(deployment), { signal: writer.signal });
}

/** Notes on the Deployment that a replica of the revision answered. */
export async function markAnswered({ kube, signal }: Writer, deployment: Deployment, nowMs: number): Promise<void> {
  const body = { metadata: { annotations: { [ANNOTATION.answeredAt]: new Date(nowMs).toISOString() } } };
  await kube.patch(
    DEPLOYMENTS,
    refOf(deployment),
    { type: 'merge', body },
    { fieldManager: FIELD_MANAGER.operator, signal },
  );
}

/** Unless it has changed since `deployment` was read: a gateway may be waking it. */
export async function deleteDeployment({ kube, signal }: Writer, deployment: Deployment): Promise<void> {
  const { uid = '', resourceVersion = '' } = deployment.metadata ?? {};
  await kube
    .delete(DEPLOYMENTS, refOf(deployment), {
      preconditions: { uid, resourceVersion },
      propagationPolicy: 'Background',
      signal,
    })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}

/** Asks the API server for what no watch has shown (yet): one of another owner carries no label of ours. */
async function findOwn<T extends KubeObject>(
  writer: Writer,
  resource: Resource<T>,
  desired: T,
): Promise<T | undefined> {
  const found = await writer.kube.get(resource, refOf(desired), { signal: writer.signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  return found;
}

/**
 * Throws a ChildError when another made `existing`; another Error when a Function of the same name did that is gone:
 * then it soon will be too.
 */
export function requireOwn(existing: KubeObject, fn: FunctionObject, kind: string): void {
  if (isControlledBy(existing, fn)) return;
  const { namespace, name, ownerReferences = [] } = existing.metadata ?? {};
  const left = ownerReferences.some(
    (owner) => owner.controller && owner.kind === KIND && owner.name === fn.metadata.name,
  );
  if (left)
    throw new Error(`the ${kind} ${namespace}/${name} of a deleted Function of the same name is not collected yet`);
  throw new ChildError(
    'NameTaken',
    `there is a ${kind} ${namespace}/${name} that this Function did not make; it is left alone. Rename the Function, or remove that ${kind}`,
  );
}

/**
 * With nothing there yet no field is taken over by force, so one that appears at this moment is not touched; what is
 * there must still be the very object that was looked at.
 */
function applyChild<T extends KubeObject>(
  writer: Writer,
  resource: Resource<T>,
  desired: T,
  existing: T | undefined,
): Promise<T> {
  const { kube, signal } = writer;
  const { uid, resourceVersion } = existing?.metadata ?? {};
  const seen = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
  const object = { ...desired, metadata: { ...desired.metadata, ...seen } };
  return kube.apply(resource, object, { fieldManager: FIELD_MANAGER.operator, force: existing !== undefined, signal });
}

function refOf({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}
