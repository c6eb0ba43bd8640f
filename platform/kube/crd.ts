import { pause } from '../time/deadline.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, Resource } from './resources.ts';

interface CustomResourceDefinition extends KubeObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

export const CRDS: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

const LOOK_MS = 50;

/** Writes the definition, by force, and waits until the API server serves it. Throws `signal`'s reason when that comes first. */
export async function establishCrd(
  kube: KubeClient,
  crd: KubeObject,
  { fieldManager, signal }: { fieldManager: string; signal: AbortSignal },
): Promise<void> {
  await kube.apply(CRDS, crd, { fieldManager, signal });
  const ref = { name: String(crd.metadata?.name) };
  for (;;) {
    const { status } = await kube.get(CRDS, ref, { signal });
    if (status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True')) return;
    await pause(LOOK_MS, signal);
    signal.throwIfAborted();
  }
}
