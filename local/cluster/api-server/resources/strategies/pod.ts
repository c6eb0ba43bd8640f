import type { FieldError } from '../../../objects/field-error.ts';
import type { Fields } from '../fields.ts';
import { ensureFields, fieldsOf, isFields, listOf, semanticallyEqual, setIfAbsent, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { forbiddenField } from '../validation.ts';
import { setPodSpecDefaults } from './pod-template-defaults.ts';
import { podSpecWarnings, validatePodSpec } from './pod-validation.ts';
import { qosClassOf } from './qos.ts';

export const podStrategy: Strategy = {
  setDefaults(pod) {
    const spec = ensureFields(pod, 'spec');
    setPodSpecDefaults(spec);
    setIfAbsent(spec, 'enableServiceLinks', true);
    for (const name of ['containers', 'initContainers']) listOf(spec, name).forEach(setRequestsFromLimits);
  },
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(fieldsOf(pod, 'spec')) };
  },
  prepareForStatusUpdate(next, old) {
    delete next.metadata.deletionTimestamp;
    restore(next.metadata, old.metadata, 'ownerReferences');
    const status = ensureFields(next, 'status');
    setIfAbsent(status, 'qosClass', fieldsOf(old, 'status').qosClass);
  },
  validate(pod) {
    return validatePodSpec(fieldsOf(pod, 'spec'), 'spec');
  },
  validateUpdate(next, old) {
    return validateSpecUpdate(fieldsOf(next, 'spec'), fieldsOf(old, 'spec'));
  },
  warnings: (pod) => podSpecWarnings(fieldsOf(pod, 'spec'), 'spec'),
  counted: true,
  returnsDeleted: true,
  gracePeriod(pod) {
    const seconds = fieldsOf(pod, 'spec').terminationGracePeriodSeconds;
    return typeof seconds === 'number' ? seconds : 0;
  },
};

/** True: no kubelet has it, or it is over, so a deletion need not wait. */
export function podEndsAtOnce(pod: Fields): boolean {
  const phase = textOf(fieldsOf(pod, 'status'), 'phase');
  return textOf(fieldsOf(pod, 'spec'), 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded';
}

function restore(next: Fields, old: Fields, name: string): void {
  if (old[name] === undefined) delete next[name];
  else next[name] = old[name];
}

function setRequestsFromLimits(container: Fields): void {
  const resources = ensureFields(container, 'resources');
  if (!isFields(resources.limits)) return;
  const requests = ensureFields(resources, 'requests');
  for (const [name, limit] of Object.entries(resources.limits)) setIfAbsent(requests, name, limit);
}

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validateSpecUpdate(next: Fields, old: Fields): FieldError[] {
  if (semanticallyEqual(fixedPart(next), fixedPart(old))) return [];
  return [forbiddenField('spec', CHANGEABLE)];
}

function fixedPart(spec: Fields): Fields {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const withoutImages = (name: string) => listOf(spec, name).map(({ image: _image, ...container }) => container);
  return { ...rest, containers: withoutImages('containers'), initContainers: withoutImages('initContainers') };
}
