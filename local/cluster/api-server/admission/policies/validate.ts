/** What is wrong with policies and their bindings when they are written. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../../resources/fields.ts';
import {
  duplicateField,
  forbiddenField,
  invalidField,
  requiredField,
  unsupportedField,
} from '../../resources/validation.ts';
import { compilePolicy, type PolicyExpression } from './expressions.ts';

const FAILURE_POLICIES = ['Fail', 'Ignore'];
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

export function validatePolicy(policy: KubeObject): FieldError[] {
  const spec = fieldsOf(policy, 'spec');
  const failurePolicy = textOf(spec, 'failurePolicy');
  return [
    ...(FAILURE_POLICIES.includes(failurePolicy)
      ? []
      : [unsupportedField('spec.failurePolicy', failurePolicy, FAILURE_POLICIES)]),
    ...(isFields(spec.paramKind) ? [forbiddenField('spec.paramKind', NO_PARAMETERS)] : []),
    ...constraintErrors(spec),
    ...nameErrors(spec),
    ...validationErrors(spec),
    ...expressionErrors(spec),
  ];
}

const NO_PARAMETERS = 'policies have no parameters here; write the values into the expressions';

function constraintErrors(spec: Fields): FieldError[] {
  const field = 'spec.matchConstraints';
  if (!isFields(spec.matchConstraints)) return [requiredField(field)];
  const rules = listOf(spec.matchConstraints, 'resourceRules');
  if (rules.length === 0) return [requiredField(`${field}.resourceRules`)];
  return matchErrors(spec.matchConstraints, field);
}

function matchErrors(match: Fields, field: string): FieldError[] {
  return ['resourceRules', 'excludeResourceRules'].flatMap((list) =>
    listOf(match, list).flatMap((rule, index) =>
      ['operations', 'apiGroups', 'apiVersions', 'resources']
        .filter((name) => !Array.isArray(rule[name]) || rule[name].length === 0)
        .map((name) => requiredField(`${field}.${list}[${index}].${name}`)),
    ),
  );
}

function nameErrors(spec: Fields): FieldError[] {
  const variables = listOf(spec, 'variables').flatMap((variable, index) => {
    const name = textOf(variable, 'name');
    const field = `spec.variables[${index}].name`;
    if (name.trim() === '') return [requiredField(field, 'name is not specified')];
    return IDENTIFIER.test(name) ? [] : [invalidField(field, name, 'name is not a valid CEL identifier')];
  });
  const conditions = listOf(spec, 'matchConditions').map((condition) => textOf(condition, 'name'));
  const unnamed = conditions.flatMap((name, index) => {
    const field = `spec.matchConditions[${index}].name`;
    if (name === '') return [requiredField(field)];
    return conditions.indexOf(name) < index ? [duplicateField(field, name)] : [];
  });
  return [...variables, ...unnamed];
}

function validationErrors(spec: Fields): FieldError[] {
  const validations = listOf(spec, 'validations');
  const count = validations.length + listOf(spec, 'auditAnnotations').length;
  const detail = 'validations or auditAnnotations must contain at least one item';
  if (count === 0) return ['validations', 'auditAnnotations'].map((name) => requiredField(`spec.${name}`, detail));
  return validations.flatMap((validation, index) => {
    const field = `spec.validations[${index}]`;
    const message = textOf(validation, 'message');
    const reason = textOf(validation, 'reason');
    const errors: FieldError[] = [];
    if (message !== '' && message.trim() === '') {
      errors.push(invalidField(`${field}.message`, message, 'message must be non-empty if specified'));
    }
    if (message.trim().includes('\n')) {
      errors.push(invalidField(`${field}.message`, message, 'message must not contain line breaks'));
    }
    if (reason !== '' && !REASONS.includes(reason)) errors.push(unsupportedField(`${field}.reason`, reason, REASONS));
    return errors;
  });
}

/** Expressions that cannot be evaluated, whatever comes. */
function expressionErrors(spec: Fields): FieldError[] {
  const { variables, matchConditions, validations, auditAnnotations } = compilePolicy(spec);
  return [
    ...matchConditions.flatMap((each, index) => mistakes(each, `spec.matchConditions[${index}].expression`)),
    ...variables.flatMap((each, index) => mistakes(each, `spec.variables[${index}].expression`)),
    ...validations.flatMap(({ expression, message }, index) => [
      ...mistakes(expression, `spec.validations[${index}].expression`),
      ...(message === undefined ? [] : mistakes(message, `spec.validations[${index}].messageExpression`)),
    ]),
    ...auditAnnotations.flatMap(({ value }, index) =>
      mistakes(value, `spec.auditAnnotations[${index}].valueExpression`),
    ),
  ];
}

function mistakes({ source, mistake }: PolicyExpression, field: string): FieldError[] {
  if (source.trim() === '') return [requiredField(field, 'expression is not specified')];
  return mistake === undefined ? [] : [invalidField(field, source, mistake)];
}

export function validateBinding(binding: KubeObject): FieldError[] {
  const spec = fieldsOf(binding, 'spec');
  const match = isFields(spec.matchResources) ? matchErrors(spec.matchResources, 'spec.matchResources') : [];
  const unnamed = textOf(spec, 'policyName') === '' ? [requiredField('spec.policyName')] : [];
  const parameters = isFields(spec.paramRef) ? [forbiddenField('spec.paramRef', NO_PARAMETERS)] : [];
  return [...unnamed, ...parameters, ...match, ...actionErrors(spec.validationActions)];
}

function actionErrors(value: unknown): FieldError[] {
  const field = 'spec.validationActions';
  const actions = Array.isArray(value) ? value.map(String) : [];
  if (actions.length === 0) return [requiredField(field, 'at least one validation action is required')];
  const errors = actions.flatMap((action, index) => [
    ...(ACTIONS.includes(action) ? [] : [unsupportedField(`${field}[${index}]`, action, ACTIONS)]),
    ...(actions.indexOf(action) < index ? [duplicateField(`${field}[${index}]`, action)] : []),
  ]);
  if (!actions.includes('Deny') || !actions.includes('Warn')) return errors;
  const detail =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
  return [...errors, invalidField(field, actions, detail)];
}
