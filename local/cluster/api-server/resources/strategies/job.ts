/** Jobs. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import type { Fields } from '../fields.ts';
import {
  ensureFields,
  fieldsOf,
  isFields,
  listOf,
  semanticallyEqual,
  setDefault,
  setIfAbsent,
  textOf,
} from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { hasLabels, invalidField, requiredField, unsupportedField, validateLabels } from '../validation.ts';
import { setTemplateDefaults } from './pod-template-defaults.ts';
import { podSpecWarnings, validatePodSpec } from './pod-validation.ts';

const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'];
const UID_LABEL = 'batch.kubernetes.io/controller-uid';
const UID_LABELS = ['controller-uid', UID_LABEL];
const BACKOFF_LIMIT = 6;

export const jobStrategy: Strategy = {
  setDefaults(job) {
    const spec = ensureFields(job, 'spec');
    setTemplateDefaults(spec);
    if (spec.parallelism === undefined || spec.parallelism === null) setIfAbsent(spec, 'completions', 1);
    setIfAbsent(spec, 'parallelism', 1);
    setIfAbsent(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : 2 ** 31 - 1);
    setDefault(spec, 'completionMode', 'NonIndexed');
    setIfAbsent(spec, 'suspend', false);
    setIfAbsent(spec, 'manualSelector', false);
    setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed');
    const { labels } = fieldsOf(fieldsOf(spec, 'template'), 'metadata');
    if (isFields(labels) && Object.keys(fieldsOf(job.metadata, 'labels')).length === 0) {
      job.metadata.labels = { ...labels };
    }
  },
  prepareForCreate(job) {
    job.status = {};
    const spec = ensureFields(job, 'spec');
    if (spec.manualSelector !== true) generateSelector(job, spec);
  },
  validate: validateJob,
  validateUpdate(next, old) {
    const [spec, before] = [fieldsOf(next, 'spec'), fieldsOf(old, 'spec')];
    return ['completions', 'selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex']
      .filter((name) => !semanticallyEqual(spec[name], before[name]))
      .map((name) => invalidField(`spec.${name}`, spec[name], 'field is immutable'));
  },
  warnings: (job) =>
    podSpecWarnings(fieldsOf(fieldsOf(fieldsOf(job, 'spec'), 'template'), 'spec'), 'spec.template.spec'),
  counted: true,
  keepsDependents:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
};

/** Labels by which the Job's pods are known, and no others. What the user has set stays, and is judged later. */
function generateSelector(job: KubeObject, spec: Fields): void {
  const labels = ensureFields(ensureFields(ensureFields(spec, 'template'), 'metadata'), 'labels');
  for (const name of NAME_LABELS) setIfAbsent(labels, name, job.metadata.name);
  for (const name of UID_LABELS) setIfAbsent(labels, name, job.metadata.uid);
  setIfAbsent(ensureFields(ensureFields(spec, 'selector'), 'matchLabels'), UID_LABEL, job.metadata.uid);
}

function validateJob(job: KubeObject): FieldError[] {
  const spec = fieldsOf(job, 'spec');
  const template = fieldsOf(spec, 'template');
  const errors = validateNumbers(spec);
  errors.push(...validateSelector(job, spec, template));
  errors.push(...validateLabels(fieldsOf(template, 'metadata').labels, 'spec.template.metadata.labels'));
  errors.push(...validatePodSpec(fieldsOf(template, 'spec'), 'spec.template.spec'));
  const policy = textOf(fieldsOf(template, 'spec'), 'restartPolicy');
  if (policy === 'Always') {
    errors.push(requiredField('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  }
  const mode = textOf(spec, 'completionMode');
  if (!['NonIndexed', 'Indexed'].includes(mode)) {
    errors.push(unsupportedField('spec.completionMode', mode, ['Indexed', 'NonIndexed']));
  }
  return errors;
}

const COUNTS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];

function validateNumbers(spec: Fields): FieldError[] {
  return COUNTS.flatMap((name) => {
    const value = spec[name];
    if (typeof value !== 'number' || value >= 0) return [];
    return [invalidField(`spec.${name}`, value, 'must be greater than or equal to 0')];
  });
}

function validateSelector(job: KubeObject, spec: Fields, template: Fields): FieldError[] {
  const selector = spec.selector;
  if (!isFields(selector)) return [requiredField('spec.selector')];
  const labels = fieldsOf(fieldsOf(template, 'metadata'), 'labels');
  const wanted =
    spec.manualSelector === true
      ? []
      : [
          ...NAME_LABELS.map((name) => [name, job.metadata.name] as const),
          ...UID_LABELS.map((name) => [name, job.metadata.uid] as const),
        ];
  const errors = wanted
    .filter(([name, value]) => labels[name] !== value)
    .map(([name, value]) => invalidField(`spec.template.metadata.labels[${name}]`, labels[name], `must be '${value}'`));
  const matches = fieldsOf(selector, 'matchLabels');
  if (Object.keys(matches).length + listOf(selector, 'matchExpressions').length > 0 && hasLabels(labels, matches)) {
    return errors;
  }
  return [
    ...errors,
    invalidField('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
  ];
}
