/** What the operator keeps in memory of the objects that functions are made of: what it reads of them. */
import { leanMetadata } from '#platform/informer/lean-metadata.ts';
import type { Packing } from '#platform/informer/object-cache.ts';
import type { Deployment, KubeObject, ManagedFieldsEntry, ObjectMeta, Pod, Service } from '#platform/kube/resources.ts';
import { ownedDigest } from '../function/owned-fields.ts';
import { isHandedOver } from '../function/replicas-owner.ts';
import { isBundleVariable } from '../function/stored-bundle.ts';

/** Who owns `spec.replicas`, if not our own applies, in the words of the API server. */
const HANDED_OVER: ManagedFieldsEntry[] = [{ operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }];

interface KeptDeployment extends Deployment {
  /** Of the whole object. */
  ownedDigest?: string;
}

/** What ownedDigest said of the whole Deployment; undefined: this is the whole. */
export function keptDigest(deployment: Deployment): string | undefined {
  return (deployment as KeptDeployment).ownedDigest;
}

const NOTHING = {};

/** Of the pod template, where the bundle is, and a digest of all that is ours. */
export function keepDeployment(deployment: Deployment): KeptDeployment {
  const { metadata = {}, spec, status } = deployment;
  const containers = spec?.template.spec?.containers.map(({ name, env = [] }) => ({
    name,
    env: env.filter(isBundleVariable),
  }));
  return {
    metadata: { ...leanMetadata(metadata), ...(isHandedOver(deployment) && { managedFields: HANDED_OVER }) },
    ...(spec && {
      spec: {
        ...(spec.replicas !== undefined && { replicas: spec.replicas }),
        selector: NOTHING,
        template: containers === undefined ? NOTHING : { spec: { containers } },
      },
    }),
    ...(spec && { ownedDigest: ownedDigest(deployment) }),
    ...(status?.conditions && { status: { conditions: status.conditions } }),
  };
}

export function keepPod({ metadata = {}, spec, status }: Pod): Pod {
  const containers = spec?.containers.map(({ name, resources }) => ({ name, ...(resources && { resources }) }));
  return {
    metadata: leanMetadata(metadata),
    ...(containers && { spec: { containers, ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }) } }),
    ...(status && { status }),
  };
}

export function keepService({ metadata = {}, spec }: Service): Service {
  const { type, externalName, ports } = spec ?? {};
  const kept = { ...(type && { type }), ...(externalName && { externalName }), ...(ports && { ports }) };
  return { metadata: leanMetadata(metadata), ...(spec && { spec: kept }) };
}

/** Which one it is, and in which version. */
export function keepIdentity({ metadata = {} }: KubeObject): KubeObject {
  const { namespace, name, uid, resourceVersion } = metadata;
  // Written out: objects that are put together of parts take half as much again.
  return { metadata: { namespace, name, uid, resourceVersion } as typeof metadata };
}

/** For what keepIdentity keeps, in a third of its memory. */
export const IDENTITY_PACKING: Packing<KubeObject> = {
  pack: ({ metadata: { uid, resourceVersion } = {} }) => `${resourceVersion} ${uid}`,
  unpack: (packed, { namespace, name }) => {
    const [resourceVersion, uid] = packed.split(' ');
    return { metadata: { namespace, name, uid, resourceVersion } as ObjectMeta };
  },
};
