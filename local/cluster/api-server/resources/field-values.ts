/** Which fields a field selector may name, kind by kind. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Fields } from './fields.ts';
import { fieldsOf, textOf } from './fields.ts';

type FieldValues = ReadonlyMap<string, (object: KubeObject) => string>;

/** `a.b.c` of an object, as text. */
function at(path: string): (object: KubeObject) => string {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  return (object) =>
    textOf(
      parts.reduce<Fields>((fields, part) => fieldsOf(fields, part), object),
      last,
    );
}

function paths(...names: string[]): [string, (object: KubeObject) => string][] {
  return names.map((name) => [name, at(name)]);
}

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const eventSource = (event: KubeObject): string => at('source.component')(event) || at('reportingComponent')(event);

const BY_KIND: { [groupKind: string]: [string, (object: KubeObject) => string][] } = {
  '/Pod': [
    ...paths('spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName'),
    ...paths('status.phase', 'status.podIP', 'status.nominatedNodeName'),
    ['spec.hostNetwork', (pod) => String(fieldsOf(pod, 'spec').hostNetwork === true)],
  ],
  '/Event': [
    ...INVOLVED.flatMap((name) => paths(`involvedObject.${name}`)),
    ...paths('reason', 'reportingComponent', 'type'),
    ['source', eventSource],
  ],
  '/Namespace': paths('status.phase'),
  '/Node': [['spec.unschedulable', (node) => String(fieldsOf(node, 'spec').unschedulable === true)]],
  '/Secret': paths('type'),
  '/Service': paths('spec.clusterIP', 'spec.type'),
  'apps/ReplicaSet': [['status.replicas', (set) => textOf(fieldsOf(set, 'status'), 'replicas') || '0']],
  'batch/Job': [['status.successful', (job) => textOf(fieldsOf(job, 'status'), 'succeeded') || '0']],
  // Kept as core/v1 Events are, whose fields these are.
  'events.k8s.io/Event': [
    ...INVOLVED.map((name): [string, (event: KubeObject) => string] => [
      `regarding.${name}`,
      at(`involvedObject.${name}`),
    ]),
    ...paths('reason', 'type'),
    ['reportingController', eventSource],
  ],
};

/** Besides `metadata.name` and `metadata.namespace`; each reads the form that is kept. */
export function selectableFieldsOf(group: string, kind: string): FieldValues {
  return new Map(BY_KIND[`${group}/${kind}`] ?? []);
}

/** `.spec.color` of a CustomResourceDefinition's `selectableFields` → a selector's `spec.color`. */
export function customFields(jsonPaths: readonly string[]): FieldValues {
  return new Map(paths(...jsonPaths.map((path) => path.replace(/^\./, ''))));
}

/** The value of any selectable field. */
export function fieldValue(fields: FieldValues, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name ?? '';
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return fields.get(field)?.(object) ?? '';
}
