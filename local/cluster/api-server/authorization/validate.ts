/** What is wrong with roles and bindings. */
import type { FieldError } from '../../objects/field-error.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { listOf, semanticallyEqual } from '../resources/fields.ts';
import { invalidField, requiredField } from '../resources/validation.ts';
import type { PolicyRule } from './rule.ts';

export function validateRole(role: KubeObject): FieldError[] {
  const rules = listOf(role, 'rules') as PolicyRule[];
  return rules.flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, role.kind === 'Role'));
}

function ruleErrors(rule: PolicyRule, field: string, namespaced: boolean): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors = verbs.length > 0 ? [] : [requiredField(`${field}.verbs`, 'verbs must contain at least one value')];
  if (nonResourceURLs.length > 0) {
    const refuse = (detail: string) => errors.push(invalidField(`${field}.nonResourceURLs`, nonResourceURLs, detail));
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    const both = apiGroups.length + resources.length + resourceNames.length > 0;
    if (both) refuse('rules cannot apply to both regular resources and non-resource URLs');
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(requiredField(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(requiredField(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

export function validateBindingUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  if (semanticallyEqual(next.roleRef, old.roleRef)) return [];
  return [invalidField('roleRef', next.roleRef, 'cannot change roleRef')];
}
