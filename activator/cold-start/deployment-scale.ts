import { FIELD_MANAGER } from '#api/names.ts';
import type { KubeClient, Patch } from '#platform/kube/client.ts';
import { isConflict, isInvalid } from '#platform/kube/error.ts';
import { DEPLOYMENTS, type Resource, type Scale } from '#platform/kube/resources.ts';

/** A revision is a Deployment of the same name. */
export interface RevisionRef {
  namespace: string;
  revision: string;
}

/**
 * The `scale` of revisions. Several gateways and the operator write it, so each write says what it is decided on, and
 * resolves with false where that does not hold any more. Any other failed call throws a KubeError.
 */
export interface Scales {
  /** Writes only while the scale is `from`, whatever else changes of the Deployment meanwhile. */
  raiseFrom(ref: RevisionRef, from: number, replicas: number, signal: AbortSignal): Promise<boolean>;
  read(ref: RevisionRef, signal: AbortSignal): Promise<{ replicas: number; resourceVersion: string }>;
  /** Writes only onto this resourceVersion of the Deployment. */
  setOnto(ref: RevisionRef, replicas: number, resourceVersion: string, signal: AbortSignal): Promise<boolean>;
}

const { group, version, plural, namespaced } = DEPLOYMENTS;
const SCALE: Resource<Scale> = { group, version, plural, namespaced, kind: 'Scale' };
const DEADLINE_MS = 5_000;

export function deploymentScales(kube: KubeClient): Scales {
  const patch = async (ref: RevisionRef, patch: Patch, signal: AbortSignal) => {
    await kube.patch(SCALE, { namespace: ref.namespace, name: ref.revision }, patch, {
      subresource: 'scale',
      fieldManager: FIELD_MANAGER.scaler,
      signal,
      deadlineMs: DEADLINE_MS,
    });
  };
  return {
    async raiseFrom(ref, from, replicas, signal) {
      // A Scale of zero is sent with an empty spec: `replicas` is left out (omitempty). A test that fails is answered 422.
      const body = [
        from === 0 ? { op: 'test', path: '/spec', value: {} } : { op: 'test', path: '/spec/replicas', value: from },
        { op: 'add', path: '/spec/replicas', value: replicas },
      ];
      return await unless(isInvalid, patch(ref, { type: 'json', body }, signal));
    },
    async setOnto(ref, replicas, resourceVersion, signal) {
      const body = { metadata: { resourceVersion }, spec: { replicas } };
      return await unless(isConflict, patch(ref, { type: 'merge', body }, signal));
    },
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

/** True once `write` is done; false where it failed in this way. */
async function unless(hasMoved: (error: unknown) => boolean, write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (hasMoved(error)) return false;
    throw error;
  }
}
