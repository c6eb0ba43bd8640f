/** What admission policies judge: a change that somebody tries to make. */
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { SCALE_KIND } from '../../../objects/schema/scale-kind.ts';
import { subresourceOf } from '../../discovery/discovery.ts';
import type { ResourceRequest } from '../../http/request-info.ts';
import type { Resource } from '../../resources/resource.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/** One change. Its objects are in the form that is kept. */
export interface Attempt {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: GroupVersionResource;
  /** Of the objects: of a subresource it may be another than the resource's. */
  kind: GroupVersionKind;
  subresource: string;
  /** Of a namespace: its own name. Empty for all else that is in none. */
  namespace: string;
  name: string;
  /** Absent at a deletion. */
  object: KubeObject | undefined;
  /** Absent at a creation. */
  oldObject: KubeObject | undefined;
  dryRun: boolean;
}

export type Change = Pick<Attempt, 'operation' | 'object' | 'oldObject' | 'dryRun'>;

export function attemptOf(
  { request, resource }: { request: ResourceRequest; resource: Resource },
  change: Change,
): Attempt {
  const { group, version, plural, kind } = resource;
  const { subresource, namespace } = request;
  const named = request.name || (change.object ?? change.oldObject)?.metadata.name;
  return {
    ...change,
    resource: { group, version, resource: plural },
    kind: subresource === 'scale' ? SCALE_KIND : kindOf(subresource, { group, version, kind }),
    subresource,
    namespace,
    name: named ?? '',
  };
}

function kindOf(subresource: string, own: GroupVersionKind): GroupVersionKind {
  if (subresource === '') return own;
  const { kind, group = own.group, version = own.version } = subresourceOf(subresource, own.kind);
  return { group, version, kind };
}
