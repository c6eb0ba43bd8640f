/** What a real server refuses in a pod's affinities. */
import type { FieldError } from '../../../objects/field-error.ts';
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../fields.ts';
import { forbiddenField, invalidField, requiredField } from '../validation.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** @param path of the pod's spec */
export function validateAffinity(spec: Fields, path: string): FieldError[] {
  const affinity = fieldsOf(spec, 'affinity');
  const at = `${path}.affinity`;
  return [
    ...validateNodeAffinity(fieldsOf(affinity, 'nodeAffinity'), `${at}.nodeAffinity`),
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
      validatePodAffinity(fieldsOf(affinity, kind), `${at}.${kind}`),
    ),
  ];
}

function validateNodeAffinity(affinity: Fields, path: string): FieldError[] {
  const preferred = listOf(affinity, PREFERRED).flatMap((term, index) => {
    const at = `${path}.${PREFERRED}[${index}]`;
    return [...validateWeight(term, at), ...validateNodeTerm(fieldsOf(term, 'preference'), `${at}.preference`)];
  });
  const required = affinity[REQUIRED];
  if (!isFields(required)) return preferred;
  const terms = listOf(required, 'nodeSelectorTerms');
  const at = `${path}.${REQUIRED}.nodeSelectorTerms`;
  if (terms.length === 0) return [requiredField(at, 'must have at least one node selector term'), ...preferred];
  return [...terms.flatMap((term, index) => validateNodeTerm(term, `${at}[${index}]`)), ...preferred];
}

function validateNodeTerm(term: Fields, path: string): FieldError[] {
  return ['matchExpressions', 'matchFields'].flatMap((list) =>
    listOf(term, list).flatMap((requirement, index) => validateRequirement(requirement, `${path}.${list}[${index}]`)),
  );
}

function validateRequirement(requirement: Fields, path: string): FieldError[] {
  const operator = textOf(requirement, 'operator');
  const count = Array.isArray(requirement.values) ? requirement.values.length : 0;
  const values = `${path}.values`;
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [requiredField(values, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      if (count === 0) return [];
      return [forbiddenField(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return count === 1
        ? []
        : [requiredField(values, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalidField(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

function validatePodAffinity(affinity: Fields, path: string): FieldError[] {
  const required = listOf(affinity, REQUIRED).flatMap((term, index) =>
    validateTopology(term, `${path}.${REQUIRED}[${index}]`),
  );
  const preferred = listOf(affinity, PREFERRED).flatMap((term, index) => {
    const at = `${path}.${PREFERRED}[${index}]`;
    return [
      ...validateWeight(term, at),
      ...validateTopology(fieldsOf(term, 'podAffinityTerm'), `${at}.podAffinityTerm`),
    ];
  });
  return [...required, ...preferred];
}

function validateTopology(term: Fields, path: string): FieldError[] {
  return textOf(term, 'topologyKey') === '' ? [requiredField(`${path}.topologyKey`, 'can not be empty')] : [];
}

function validateWeight({ weight }: Fields, path: string): FieldError[] {
  const isFine = typeof weight === 'number' && weight >= 1 && weight <= 100;
  return isFine ? [] : [invalidField(`${path}.weight`, weight ?? 0, 'must be in the range 1-100')];
}
