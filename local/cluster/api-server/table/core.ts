/** Kinds of core/v1 and the like that are shown by a field or two. */

import { ageOf } from '#platform/time/age.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';

/** Name, one cell, age. */
function withOne(name: string, description: string, cell: (object: KubeObject) => string | number): Printer {
  return {
    columns: [NAME, column(name, description), AGE],
    cells: (object, nowMs) => [nameOf(object), cell(object), createdAge(object, nowMs)],
  };
}

export const NAMESPACE = withOne('Status', 'Active, or Terminating.', (object) =>
  textOf(fieldsOf(object, 'status'), 'phase'),
);
export const CONFIG_MAP = withOne('Data', 'How many keys it has.', (object) =>
  keyCount(object, ['data', 'binaryData']),
);
export const LEASE = withOne('Holder', 'Who holds it.', (object) => textOf(fieldsOf(object, 'spec'), 'holderIdentity'));
export const ROLE_BINDING = withOne('Role', 'What is granted.', (object) => {
  const role = fieldsOf(object, 'roleRef');
  return `${textOf(role, 'kind')}/${textOf(role, 'name')}`;
});

/** Roles show the time itself. */
export const ROLE: Printer = {
  columns: [NAME, column('Created At', 'When it was created.', { type: 'date' })],
  cells: (object) => [nameOf(object), textOf(object.metadata, 'creationTimestamp')],
};
export const DEFINITION: Printer = ROLE;

export const SERVICE_ACCOUNT: Printer = {
  columns: [NAME, AGE],
  cells: (object, nowMs) => [nameOf(object), createdAge(object, nowMs)],
};

export const SECRET: Printer = {
  columns: [NAME, column('Type', 'What it is for.'), column('Data', 'How many keys it has.'), AGE],
  cells: (secret, nowMs) => [
    nameOf(secret),
    textOf(secret, 'type'),
    keyCount(secret, ['data']),
    createdAge(secret, nowMs),
  ],
};

function keyCount(object: Fields, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + Object.keys(fieldsOf(object, name)).length, 0);
}

export const PRIORITY_CLASS: Printer = {
  columns: [
    NAME,
    column('Value', 'The higher, the earlier.', { type: 'integer' }),
    column('Global-Default', 'Whether pods without a class have this one.', { type: 'boolean' }),
    AGE,
    column('PreemptionPolicy', 'Whether it takes the place of others.'),
  ],
  cells: (object, nowMs) => [
    nameOf(object),
    Number(object.value ?? 0),
    object.globalDefault === true,
    createdAge(object, nowMs),
    textOf(object, 'preemptionPolicy') || 'PreemptLowerPriority',
  ],
};

export const QUOTA: Printer = {
  columns: [NAME, column('Request', 'What is used, of what may be.'), column('Limit', 'The same for limits.'), AGE],
  cells(quota, nowMs) {
    const status = fieldsOf(quota, 'status');
    const hard = fieldsOf(status, 'hard');
    const used = fieldsOf(status, 'used');
    const listed = (limits: boolean) =>
      Object.keys(hard)
        .sort()
        .filter((name) => name.startsWith('limits.') === limits)
        .map((name) => `${name}: ${used[name] ?? 0}/${hard[name]}`)
        .join(', ');
    return [nameOf(quota), listed(false), listed(true), createdAge(quota, nowMs)];
  },
};

export const NODE: Printer = {
  columns: [
    NAME,
    column('Status', 'Whether it takes pods.'),
    column('Roles', 'What it is for.'),
    AGE,
    column('Version', 'Of its kubelet.'),
    column('Internal-IP', 'Its address inside the cluster.', { wide: true }),
    column('External-IP', 'Its address outside.', { wide: true }),
    column('OS-Image', 'Its operating system.', { wide: true }),
    column('Kernel-Version', 'Its kernel.', { wide: true }),
    column('Container-Runtime', 'What runs its containers.', { wide: true }),
  ],
  cells(node, nowMs) {
    const info = fieldsOf(fieldsOf(node, 'status'), 'nodeInfo');
    const architecture = textOf(info, 'architecture');
    const kernel = textOf(info, 'kernelVersion') || '<unknown>';
    return [
      nameOf(node),
      nodeStatus(node),
      nodeRoles(node),
      createdAge(node, nowMs),
      textOf(info, 'kubeletVersion'),
      nodeAddress(node, 'InternalIP'),
      nodeAddress(node, 'ExternalIP'),
      textOf(info, 'osImage') || '<unknown>',
      architecture === '' ? kernel : `${kernel} (${architecture})`,
      textOf(info, 'containerRuntimeVersion') || '<unknown>',
    ];
  },
};

function nodeStatus(node: Fields): string {
  const ready = listOf(fieldsOf(node, 'status'), 'conditions').find((condition) => condition.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return fieldsOf(node, 'spec').unschedulable === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(fieldsOf(node.metadata, 'labels'));
  const roles = labels.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length));
  return roles.sort().join(',') || '<none>';
}

function nodeAddress(node: Fields, type: string): string {
  const address = listOf(fieldsOf(node, 'status'), 'addresses').find((entry) => entry.type === type);
  return textOf(address, 'address') || '<none>';
}

export const EVENT: Printer = {
  columns: [
    column('Last Seen', 'When it last happened.'),
    column('Type', 'Normal, or Warning.'),
    column('Reason', 'What happened, in a word.'),
    column('Object', 'To what it happened.'),
    column('Subobject', 'To which part of it.', { wide: true }),
    column('Source', 'Who says so.', { wide: true }),
    column('Message', 'What happened, for a person.'),
    column('First Seen', 'When it first happened.', { wide: true }),
    column('Count', 'How often it happened.', { wide: true }),
    { ...NAME, priority: 1 },
  ],
  cells(event, nowMs) {
    const involved = fieldsOf(event, 'involvedObject');
    const series = fieldsOf(event, 'series');
    const first = ageOf(event.firstTimestamp ?? event.eventTime, nowMs);
    const last = series.lastObservedTime ?? event.lastTimestamp;
    const kind = textOf(involved, 'kind').toLowerCase();
    const name = textOf(involved, 'name');
    return [
      last === undefined || last === null ? first : ageOf(last, nowMs),
      textOf(event, 'type'),
      textOf(event, 'reason'),
      name === '' ? kind : `${kind}/${name}`,
      textOf(involved, 'fieldPath'),
      eventSource(event),
      textOf(event, 'message').trim(),
      first,
      textOf(series, 'count') || textOf(event, 'count') || '1',
      nameOf(event),
    ];
  },
};

function eventSource(event: Fields): string {
  const source = fieldsOf(event, 'source');
  const parts = [textOf(source, 'component') || textOf(event, 'reportingComponent')];
  const host = textOf(source, 'host') || textOf(event, 'reportingInstance');
  if (host !== '') parts.push(host);
  return parts.join(', ');
}

export const ADMISSION_POLICY: Printer = {
  columns: [
    NAME,
    column('Validations', 'How many rules it has.', { type: 'integer' }),
    column('ParamKind', 'What it takes its parameters from.'),
    AGE,
  ],
  cells(policy, nowMs) {
    const spec = fieldsOf(policy, 'spec');
    const param = fieldsOf(spec, 'paramKind');
    const kind = `${textOf(param, 'apiVersion')}/${textOf(param, 'kind')}`;
    return [
      nameOf(policy),
      listOf(spec, 'validations').length,
      kind === '/' ? '<unset>' : kind,
      createdAge(policy, nowMs),
    ];
  },
};

export const ADMISSION_BINDING: Printer = {
  columns: [NAME, column('PolicyName', 'What it binds.'), column('ParamRef', 'Its parameters.'), AGE],
  cells(binding, nowMs) {
    const spec = fieldsOf(binding, 'spec');
    const param = fieldsOf(spec, 'paramRef');
    const ref = [textOf(param, 'namespace'), textOf(param, 'name')].filter((part) => part !== '').join('/');
    return [nameOf(binding), textOf(spec, 'policyName'), ref || '<unset>', createdAge(binding, nowMs)];
  },
};
