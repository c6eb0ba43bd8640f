import type { FunctionObject } from '#api/function.ts';
import { ANNOTATION, GROUP } from '#api/names.ts';
import type { Deployment, Service } from '#platform/kube/resources.ts';
import { contentHash } from './content-hash.ts';
import { childLabels, ownerReference } from './owned.ts';
import { type Payload, type PodTemplate, podTemplate, revisionLabels, selectorLabels } from './pod-template.ts';
import { bundleAnnotations } from './stored-bundle.ts';

/** On a Deployment: hash of the source and the compiler that its bundle was made of and with. Read by the operator alone. */
export const SOURCE_HASH_ANNOTATION = `${GROUP}/source-hash`;

/** Where the gateway's Service is found from inside the cluster. */
export interface GatewayAddress {
  service: string;
  namespace: string;
  clusterDomain: string;
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
        ...(payload.kind === 'source' && bundleAnnotations(payload.bundle)),
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

export { isControlledBy, ownerReference } from './owned.ts';
