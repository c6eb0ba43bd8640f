/** Deployments and ReplicaSets. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import type { Fields } from '../fields.ts';
import { ensureFields, fieldsOf, isFields, listOf, numberOf, setDefault, setIfAbsent, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import {
  hasLabels,
  invalidField,
  requiredField,
  unsupportedField,
  validateLabels,
  validateSelectorUnchanged,
} from '../validation.ts';
import { setTemplateDefaults } from './pod-template-defaults.ts';
import { podSpecWarnings, validatePodSpec } from './pod-validation.ts';

export const deploymentStrategy: Strategy = {
  setDefaults(deployment) {
    const spec = ensureFields(deployment, 'spec');
    setTemplateDefaults(spec);
    setIfAbsent(spec, 'replicas', 1);
    setIfAbsent(spec, 'revisionHistoryLimit', 10);
    setIfAbsent(spec, 'progressDeadlineSeconds', 600);
    const strategy = ensureFields(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type !== 'RollingUpdate') return;
    const rolling = ensureFields(strategy, 'rollingUpdate');
    setIfAbsent(rolling, 'maxUnavailable', '25%');
    setIfAbsent(rolling, 'maxSurge', '25%');
  },
  prepareForStatusUpdate: keepLabels,
  validate(deployment) {
    const spec = fieldsOf(deployment, 'spec');
    return [...validateWorkload(spec, 'deployment'), ...validateStrategy(spec), ...validateDeadline(spec)];
  },
  validateUpdate: validateSelectorUnchanged,
  warnings: templateWarnings,
  counted: true,
  // They are copied to its ReplicaSets.
  annotationsCount: true,
};

export const replicaSetStrategy: Strategy = {
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  setDefaults(replicaSet) {
    const spec = ensureFields(replicaSet, 'spec');
    setTemplateDefaults(spec);
    setIfAbsent(spec, 'replicas', 1);
  },
  validate(replicaSet) {
    return validateWorkload(fieldsOf(replicaSet, 'spec'), 'replicaset');
  },
  validateUpdate: validateSelectorUnchanged,
  warnings: templateWarnings,
  counted: true,
};

function templateWarnings(workload: KubeObject): string[] {
  const podSpec = fieldsOf(fieldsOf(fieldsOf(workload, 'spec'), 'template'), 'spec');
  return podSpecWarnings(podSpec, 'spec.template.spec');
}

function keepLabels(next: KubeObject, old: KubeObject): void {
  if (old.metadata.labels === undefined) delete next.metadata.labels;
  else next.metadata.labels = old.metadata.labels;
}

function validateWorkload(spec: Fields, noun: string): FieldError[] {
  const errors = validateSelector(spec, noun);
  for (const name of ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']) {
    const value = spec[name];
    if (typeof value !== 'number' || value >= 0) continue;
    errors.push(invalidField(`spec.${name}`, value, 'must be greater than or equal to 0'));
  }
  const template = fieldsOf(spec, 'template');
  errors.push(...validateLabels(fieldsOf(template, 'metadata').labels, 'spec.template.metadata.labels'));
  const podSpec = fieldsOf(template, 'spec');
  errors.push(...validatePodSpec(podSpec, 'spec.template.spec'));
  const policy = textOf(podSpec, 'restartPolicy');
  if (policy !== '' && policy !== 'Always') {
    errors.push(unsupportedField('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  return errors;
}

function validateSelector(spec: Fields, noun: string): FieldError[] {
  const selector = spec.selector;
  if (!isFields(selector)) return [requiredField('spec.selector')];
  const labels = fieldsOf(selector, 'matchLabels');
  if (Object.keys(labels).length + listOf(selector, 'matchExpressions').length === 0) {
    return [invalidField('spec.selector', selector, `empty selector is invalid for ${noun}`)];
  }
  const templateLabels = fieldsOf(fieldsOf(spec, 'template'), 'metadata').labels;
  if (hasLabels(templateLabels, labels)) return [];
  const detail = '`selector` does not match template `labels`';
  return [invalidField('spec.template.metadata.labels', templateLabels ?? {}, detail)];
}

function validateStrategy(spec: Fields): FieldError[] {
  const strategy = fieldsOf(spec, 'strategy');
  const type = textOf(strategy, 'type');
  if (!['RollingUpdate', 'Recreate'].includes(type)) {
    return [unsupportedField('spec.strategy.type', type, ['Recreate', 'RollingUpdate'])];
  }
  const rolling = fieldsOf(strategy, 'rollingUpdate');
  if (type === 'Recreate' && strategy.rollingUpdate !== undefined) {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return [{ type: 'FieldValueForbidden', field: 'spec.strategy.rollingUpdate', detail }];
  }
  if (type === 'RollingUpdate' && isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
    const value = rolling.maxUnavailable;
    return [invalidField('spec.strategy.rollingUpdate.maxUnavailable', value, 'may not be 0 when `maxSurge` is 0')];
  }
  return [];
}

function isZero(amount: unknown): boolean {
  return amount === 0 || amount === '0%' || amount === '0';
}

function validateDeadline(spec: Fields): FieldError[] {
  const deadline = numberOf(spec, 'progressDeadlineSeconds', Number.POSITIVE_INFINITY);
  if (deadline > numberOf(spec, 'minReadySeconds')) return [];
  return [invalidField('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}
