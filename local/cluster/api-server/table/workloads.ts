import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, numberOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';
import { selectorText } from './label-text.ts';

/** Columns of what a workload's pods are made from. */
export const TEMPLATE = [
  column('Containers', 'Names of the containers in the template.', { wide: true }),
  column('Images', 'Images of the containers in the template.', { wide: true }),
  column('Selector', 'Labels of the pods that belong to it.', { wide: true }),
];

export function templateCells(object: Fields): string[] {
  const spec = fieldsOf(object, 'spec');
  const containers = listOf(fieldsOf(fieldsOf(spec, 'template'), 'spec'), 'containers');
  const joined = (name: string) => containers.map((container) => textOf(container, name)).join(',');
  return [joined('name'), joined('image'), selectorText(spec.selector)];
}

export const DEPLOYMENT: Printer = {
  columns: [
    NAME,
    column('Ready', 'Replicas that are ready, of those wanted.'),
    column('Up-to-date', 'Replicas made from the present template.'),
    column('Available', 'Replicas that are ready for long enough.'),
    AGE,
    ...TEMPLATE,
  ],
  cells(deployment, nowMs) {
    const status = fieldsOf(deployment, 'status');
    return [
      nameOf(deployment),
      `${numberOf(status, 'readyReplicas')}/${numberOf(fieldsOf(deployment, 'spec'), 'replicas')}`,
      numberOf(status, 'updatedReplicas'),
      numberOf(status, 'availableReplicas'),
      createdAge(deployment, nowMs),
      ...templateCells(deployment),
    ];
  },
};

export const REPLICA_SET: Printer = {
  columns: [
    NAME,
    column('Desired', 'Replicas that are wanted.', { type: 'integer' }),
    column('Current', 'Replicas that are there.', { type: 'integer' }),
    column('Ready', 'Replicas that are ready.', { type: 'integer' }),
    AGE,
    ...TEMPLATE,
  ],
  cells(replicaSet, nowMs) {
    const status = fieldsOf(replicaSet, 'status');
    return [
      nameOf(replicaSet),
      numberOf(fieldsOf(replicaSet, 'spec'), 'replicas'),
      numberOf(status, 'replicas'),
      numberOf(status, 'readyReplicas'),
      createdAge(replicaSet, nowMs),
      ...templateCells(replicaSet),
    ];
  },
};

export const BUDGET: Printer = {
  columns: [
    NAME,
    column('Min Available', 'Pods that have to stay.'),
    column('Max Unavailable', 'Pods that may be gone.'),
    column('Allowed Disruptions', 'Pods that may be taken away now.', { type: 'integer' }),
    AGE,
  ],
  cells(budget, nowMs) {
    const spec = fieldsOf(budget, 'spec');
    return [
      nameOf(budget),
      textOf(spec, 'minAvailable') || 'N/A',
      textOf(spec, 'maxUnavailable') || 'N/A',
      numberOf(fieldsOf(budget, 'status'), 'disruptionsAllowed'),
      createdAge(budget, nowMs),
    ];
  },
};

export const NETWORK_POLICY: Printer = {
  columns: [NAME, column('Pod-Selector', 'Labels of the pods it applies to.'), AGE],
  cells: (policy, nowMs) => [
    nameOf(policy),
    selectorText(fieldsOf(policy, 'spec').podSelector),
    createdAge(policy, nowMs),
  ],
};
