import { hash } from 'node:crypto';
import type { FunctionObject } from '#api/function.ts';
import { ANNOTATION, API_VERSION, GROUP, KIND, LABEL, MANAGED_BY, RUNTIME_ENV } from '#api/names.ts';
import type { ConfigMap, Deployment, OwnerReference, Service } from '#platform/resources.ts';
import { contentHash } from './canonical.ts';
import { type BundleRef, type Payload, type PodTemplate, podTemplate, revisionLabels, selectorLabels } from './pod.ts';

/** On a Deployment: hash of the source and the compiler that its bundle was made of and with. Read by the operator alone. */
export const SOURCE_HASH_ANNOTATION = `${GROUP}/source-hash`;

/** On a Deployment: uid of the ConfigMap that its bundle was stored in. */
export const BUNDLE_UID_ANNOTATION = `${GROUP}/bundle-uid`;

/** Where the gateway's Service is found from inside the cluster. */
export interface GatewayAddress {
  service: string;
  namespace: string;
  clusterDomain: string;
}

/** The Function as the one controller of a child: deleting it deletes the child. */
export function ownerReference(fn: FunctionObject): OwnerReference {
  return { apiVersion: API_VERSION, kind: KIND, name: fn.metadata.name, uid: fn.metadata.uid, controller: true };
}

/** Whether `fn` made the object. One of the same name that another made is never touched. */
export function isControlledBy(
  child: { metadata?: { ownerReferences?: readonly { uid: string; controller?: boolean }[] } },
  fn: FunctionObject,
): boolean {
  return child.metadata?.ownerReferences?.some((owner) => owner.controller && owner.uid === fn.metadata.uid) ?? false;
}

/**
 * Deployment of a revision, without `spec.replicas`: that field has another writer. Its annotation says which pod
 * template this is, so that one that another version of the operator wrote is recognised.
 */
export function revisionDeployment(
  fn: FunctionObject,
  revision: string,
  payload: Payload,
  sourceHash: string | undefined,
): Deployment {
  const template = podTemplate(fn, revision, payload);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: revision,
      namespace: fn.metadata.namespace,
      labels: revisionLabels(fn.metadata.name, revision),
      annotations: {
        [ANNOTATION.templateHash]: templateHash(template),
        ...(sourceHash !== undefined && { [SOURCE_HASH_ANNOTATION]: sourceHash }),
        ...(payload.kind === 'source' &&
          payload.bundle.uid !== undefined && { [BUNDLE_UID_ANNOTATION]: payload.bundle.uid }),
      },
      ownerReferences: [ownerReference(fn)],
    },
    spec: {
      selector: { matchLabels: selectorLabels(fn.metadata.name, revision) },
      revisionHistoryLimit: 0,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '100%' } },
      template,
    },
  };
}

function templateHash(template: PodTemplate): string {
  return contentHash(template).slice(0, 16);
}

/** `http://<name>.<namespace>` inside the cluster: an alias of the gateway, which works at zero as well. */
export function functionService(fn: FunctionObject, gateway: GatewayAddress): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: fn.metadata.name,
      namespace: fn.metadata.namespace,
      labels: childLabels(fn),
      ownerReferences: [ownerReference(fn)],
    },
    spec: {
      type: 'ExternalName',
      externalName: `${gateway.service}.${gateway.namespace}.svc.${gateway.clusterDomain}`,
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  };
}

/** The stored bundle: named by what it holds, never changed. `chunks` are its text in order. */
export function bundleConfigMap(fn: FunctionObject, name: string, chunks: readonly string[]): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: fn.metadata.namespace,
      labels: childLabels(fn),
      ownerReferences: [ownerReference(fn)],
    },
    immutable: true,
    data: Object.fromEntries(chunks.map((chunk, index) => [String(index), chunk])),
  };
}

/** `chunks` as they are stored → the ConfigMap's name, e.g. `hello-bundle-4f1d0c9a7b2e6d35`. */
export function bundleName(fn: FunctionObject, chunks: readonly string[]): string {
  return `${fn.metadata.name}-bundle-${contentHash(chunks).slice(0, 16)}`;
}

/** SHA-256 of the chunks as a pod puts them together: 64 hex digits. */
export function bundleDigest(chunks: readonly string[]): string {
  return hash('sha256', chunks.join(''));
}

/** Whether the ConfigMap holds what was stored in it, and can hold nothing else. */
export function isIntact(configMap: ConfigMap, bundle: BundleRef, fn: FunctionObject): boolean {
  const chunks = Array.from({ length: bundle.chunks }, (_, index) => configMap.data?.[index] ?? '');
  const same =
    bundle.sha256 === undefined ? bundleName(fn, chunks) === bundle.name : bundleDigest(chunks) === bundle.sha256;
  return same && configMap.immutable === true && isControlledBy(configMap, fn);
}

/** Whether a container's variable has to do with its bundle. */
export function isBundleVariable({ name }: { name: string }): boolean {
  return name.startsWith(RUNTIME_ENV.bundlePrefix);
}

/** The bundle that a Deployment's pods load; undefined for an image. */
export function bundleOf(deployment: Deployment): BundleRef | undefined {
  const env = (deployment.spec?.template.spec?.containers ?? []).flatMap((container) => container.env ?? []);
  const refs = env.filter(isBundleVariable).flatMap((variable) => variable.valueFrom?.configMapKeyRef ?? []);
  const name = refs[0]?.name;
  if (name === undefined) return undefined;
  const sha256 = env.find((variable) => variable.name === RUNTIME_ENV.bundleSha256)?.value;
  return { name, chunks: refs.length, sha256, uid: deployment.metadata?.annotations?.[BUNDLE_UID_ANNOTATION] };
}

function childLabels(fn: FunctionObject): Record<string, string> {
  return {
    [LABEL.function]: fn.metadata.name,
    [LABEL.name]: fn.metadata.name,
    [LABEL.managedBy]: MANAGED_BY,
  };
}
