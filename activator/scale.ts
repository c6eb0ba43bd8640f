import { FIELD_MANAGER } from '#api/names.ts';
import type { KubeClient } from '#platform/kube.ts';
import { DEPLOYMENTS, type Resource, type Scale } from '#platform/resources.ts';

/** A revision is a Deployment of the same name. */
export interface RevisionRef {
  namespace: string;
  revision: string;
}

/** The `scale` of revisions; a failed call throws a KubeError. */
export interface Scales {
  /** Writes whatever the scale is now. */
  set(ref: RevisionRef, replicas: number, signal: AbortSignal): Promise<void>;
  read(ref: RevisionRef, signal: AbortSignal): Promise<{ replicas: number; resourceVersion: string }>;
  /** Writes only onto this resourceVersion: 409 when the scale, or anything else of the Deployment, changed since. */
  setOnto(ref: RevisionRef, replicas: number, resourceVersion: string, signal: AbortSignal): Promise<void>;
}

const { group, version, plural, namespaced } = DEPLOYMENTS;
const SCALE: Resource<Scale> = { group, version, plural, namespaced, kind: 'Scale' };
const DEADLINE_MS = 5_000;

export function deploymentScales(kube: KubeClient): Scales {
  const patch = async (ref: RevisionRef, body: object, signal: AbortSignal) => {
    await kube.patch(
      SCALE,
      { namespace: ref.namespace, name: ref.revision },
      { type: 'merge', body },
      { subresource: 'scale', fieldManager: FIELD_MANAGER.scaler, signal, deadlineMs: DEADLINE_MS },
    );
  };
  return {
    set: (ref, replicas, signal) => patch(ref, { spec: { replicas } }, signal),
    setOnto: (ref, replicas, resourceVersion, signal) =>
      patch(ref, { metadata: { resourceVersion }, spec: { replicas } }, signal),
    async read(ref, signal) {
      const scale = await kube.get(
        SCALE,
        { namespace: ref.namespace, name: ref.revision },
        { subresource: 'scale', signal, deadlineMs: DEADLINE_MS },
      );
      return { replicas: scale.spec?.replicas ?? 0, resourceVersion: scale.metadata?.resourceVersion ?? '' };
    },
  };
}
