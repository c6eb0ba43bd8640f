/** Which objects a list, a watch or a deletion of many is about. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { fieldValue } from '../resources/field-values.ts';
import { matchesFields, parseFieldSelector } from '../selectors/field-selector.ts';
import { matchesLabels, parseLabelSelector } from '../selectors/label-selector.ts';

export interface Selection {
  /** True: only by namespace. */
  everything: boolean;
  matches(object: KubeObject): boolean;
}

/** Throws a 400 for a selector that cannot be read. */
export function selectionOf({ resource, request, query }: Call): Selection {
  const fields = new Set([...resource.fields.keys(), 'metadata.name', 'metadata.namespace']);
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '', fields);
  return {
    everything: byLabel.length === 0 && byField.length === 0,
    matches: (object) =>
      inNamespace(object, resource.namespaced ? request.namespace : '') &&
      matchesLabels(byLabel, object.metadata.labels as { [key: string]: string } | undefined) &&
      matchesFields(byField, (field) => fieldValue(resource.fields, object, field)),
  };
}

function inNamespace(object: KubeObject, namespace: string): boolean {
  return namespace === '' || object.metadata.namespace === namespace;
}
