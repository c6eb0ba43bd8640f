/** Checks of the parts of a pod's spec that schedule it, probe it and bound its rights. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { Fields } from '../fields.ts';
import { fieldsOf, isFields, listOf, textOf } from '../fields.ts';
import { invalidField, requiredField, unsupportedField } from '../validation.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const PROBE_NUMBERS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
];

/** @param path of the container */
export function validateProbes(container: Fields, path: string): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = container[name];
    return isFields(probe) ? validateProbe(probe, `${path}.${name}`) : [];
  });
}

function validateProbe(probe: Fields, path: string): FieldError[] {
  const handlers = HANDLERS.filter((name) => isFields(probe[name]));
  const errors = handlers.length > 0 ? [] : [requiredField(path, 'must specify a handler type')];
  for (const name of PROBE_NUMBERS) {
    const value = probe[name];
    if (typeof value !== 'number' || value >= 0) continue;
    errors.push(invalidField(`${path}.${name}`, value, 'must be greater than or equal to 0'));
  }
  return errors;
}

/** @param path of the pod's spec, or of a container */
export function validateSecurityContext(owner: Fields, path: string): FieldError[] {
  const context = fieldsOf(owner, 'securityContext');
  const field = `${path}.securityContext`;
  const errors = ['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((name) => {
    const id = context[name];
    if (typeof id !== 'number' || (id >= 0 && id < 2 ** 31)) return [];
    return [invalidField(`${field}.${name}`, id, 'must be between 0 and 2147483647, inclusive')];
  });
  if (!isFields(context.seccompProfile)) return errors;
  const type = textOf(context.seccompProfile, 'type');
  const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  const profile = `${field}.seccompProfile.type`;
  if (type === '') errors.push(requiredField(profile, 'type is required when seccompProfile is set'));
  else if (!types.includes(type)) errors.push(unsupportedField(profile, type, types));
  return errors;
}

/** @param path of the port */
export function validatePortName(port: Fields, path: string): FieldError[] {
  const name = textOf(port, 'name');
  if (name === '') return [];
  return portNameProblems(name).map((problem) => invalidField(`${path}.name`, name, problem));
}

/** What is wrong with the name of a port, in sentences. */
export function portNameProblems(name: string): string[] {
  const problems = name.length > 15 ? ['must be no more than 15 characters'] : [];
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** @param path of the pod's spec */
export function validatePlacement(spec: Fields, path: string): FieldError[] {
  const spreads = listOf(spec, 'topologySpreadConstraints').flatMap((spread, index) =>
    validateSpread(spread, `${path}.topologySpreadConstraints[${index}]`),
  );
  const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
  const tolerations = listOf(spec, 'tolerations').flatMap((toleration, index) => {
    const effect = textOf(toleration, 'effect');
    if (effect === '' || effects.includes(effect)) return [];
    return [unsupportedField(`${path}.tolerations[${index}].effect`, effect, effects)];
  });
  return [...spreads, ...tolerations];
}

function validateSpread(spread: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const skew = spread.maxSkew ?? 0;
  if (typeof skew === 'number' && skew <= 0)
    errors.push(invalidField(`${path}.maxSkew`, skew, 'must be greater than zero'));
  if (textOf(spread, 'topologyKey') === '') errors.push(requiredField(`${path}.topologyKey`, 'can not be empty'));
  const action = textOf(spread, 'whenUnsatisfiable');
  const actions = ['DoNotSchedule', 'ScheduleAnyway'];
  if (!actions.includes(action)) errors.push(unsupportedField(`${path}.whenUnsatisfiable`, action, actions));
  return errors;
}
