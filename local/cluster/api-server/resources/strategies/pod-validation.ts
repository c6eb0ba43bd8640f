/** What a real server refuses in a pod's spec, as far as users run into it. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { Fields } from '../fields.ts';
import { fieldsOf, listOf, textOf } from '../fields.ts';
import { parseQuantity } from '../quantity.ts';
import { dnsLabelProblems, duplicateField, invalidField, requiredField, unsupportedField } from '../validation.ts';
import { validateAffinity } from './affinity-validation.ts';
import { validatePlacement, validatePortName, validateProbes, validateSecurityContext } from './pod-field-checks.ts';
import { checkVolumes } from './volume-validation.ts';

/** @param path of the spec: `spec`, `spec.template.spec` */
export function validatePodSpec(spec: Fields, path: string): FieldError[] {
  const { errors: ofVolumes, names: volumes } = checkVolumes(listOf(spec, 'volumes'), `${path}.volumes`);
  const containers = listOf(spec, 'containers');
  const errors = [...ofVolumes, ...(containers.length === 0 ? [requiredField(`${path}.containers`)] : [])];
  for (const name of ['initContainers', 'containers']) {
    listOf(spec, name).forEach((container, index) => {
      errors.push(...validateContainer(container, `${path}.${name}[${index}]`, volumes));
    });
  }
  errors.push(...duplicateNames([...listOf(spec, 'initContainers'), ...containers], `${path}.containers`));
  errors.push(...oneOf(spec, 'restartPolicy', ['Always', 'OnFailure', 'Never'], path));
  errors.push(...oneOf(spec, 'dnsPolicy', ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], path));
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0) {
    errors.push(invalidField(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  errors.push(
    ...validateSecurityContext(spec, path),
    ...validateAffinity(spec, path),
    ...validatePlacement(spec, path),
  );
  return errors;
}

function validateContainer(container: Fields, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const name = textOf(container, 'name');
  const errors =
    name === ''
      ? [requiredField(`${path}.name`)]
      : dnsLabelProblems(name).map((problem) => invalidField(`${path}.name`, name, problem));
  if (textOf(container, 'image') === '') errors.push(requiredField(`${path}.image`));
  errors.push(...oneOf(container, 'imagePullPolicy', ['Always', 'IfNotPresent', 'Never'], path));
  listOf(container, 'ports').forEach((port, index) => {
    errors.push(...validatePort(port, `${path}.ports[${index}]`));
  });
  listOf(container, 'env').forEach((variable, index) => {
    errors.push(...validateVariable(variable, `${path}.env[${index}]`));
  });
  errors.push(...validateMounts(listOf(container, 'volumeMounts'), `${path}.volumeMounts`, volumes));
  errors.push(...validateProbes(container, path));
  errors.push(...validateResources(fieldsOf(container, 'resources'), `${path}.resources`));
  errors.push(...validateSecurityContext(container, path));
  return errors;
}

function validatePort(port: Fields, path: string): FieldError[] {
  const number = port.containerPort;
  if (number === undefined || number === 0) return [requiredField(`${path}.containerPort`)];
  const inRange = typeof number === 'number' && number >= 1 && number <= 65_535;
  const errors = inRange
    ? []
    : [invalidField(`${path}.containerPort`, number, 'must be between 1 and 65535, inclusive')];
  errors.unshift(...validatePortName(port, path));
  return [...errors, ...oneOf(port, 'protocol', ['SCTP', 'TCP', 'UDP'], path)];
}

function validateVariable(variable: Fields, path: string): FieldError[] {
  const name = textOf(variable, 'name');
  if (name === '') return [requiredField(`${path}.name`)];
  // Any printable ASCII but '=' is allowed.
  const bad = /[^ -~]|=/.test(name);
  const detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
  const errors = bad ? [invalidField(`${path}.name`, name, detail)] : [];
  if (textOf(variable, 'value') === '' || variable.valueFrom === undefined) return errors;
  return [...errors, invalidField(`${path}.valueFrom`, '', 'may not be specified when `value` is not empty')];
}

function validateMounts(mounts: readonly Fields[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const seen = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const errors = validateMount(mount, `${path}[${index}]`, volumes);
    const at = textOf(mount, 'mountPath');
    if (seen.has(at)) errors.push(invalidField(`${path}[${index}].mountPath`, at, 'must be unique'));
    seen.add(at);
    return errors;
  });
}

function validateMount(mount: Fields, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const name = textOf(mount, 'name');
  const errors: FieldError[] = [];
  if (name === '') errors.push(requiredField(`${path}.name`));
  else if (!volumes.has(name)) {
    errors.push({ type: 'FieldValueNotFound', field: `${path}.name`, value: name, detail: '' });
  }
  if (textOf(mount, 'mountPath') === '') errors.push(requiredField(`${path}.mountPath`));
  return errors;
}

const STANDARD_RESOURCES = /^(cpu|memory|ephemeral-storage|storage|hugepages-.+)$/;

function validateResources(resources: Fields, path: string): FieldError[] {
  const errors = ['limits', 'requests'].flatMap((list) =>
    Object.keys(fieldsOf(resources, list))
      .filter((name) => !name.includes('/') && !STANDARD_RESOURCES.test(name))
      .flatMap((name) =>
        ['must be a standard resource type or fully qualified', 'must be a standard resource for containers'].map(
          (detail) => invalidField(`${path}.${list}[${name}]`, name, detail),
        ),
      ),
  );
  const limits = fieldsOf(resources, 'limits');
  for (const [name, request] of Object.entries(fieldsOf(resources, 'requests'))) {
    const limit = parseQuantity(limits[name]);
    if (limits[name] === undefined || limit === undefined || (parseQuantity(request) ?? 0) <= limit) continue;
    const detail = `must be less than or equal to ${name} limit of ${limits[name]}`;
    errors.push(invalidField(`${path}.requests`, request, detail));
  }
  return errors;
}

function duplicateNames(containers: readonly Fields[], path: string): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap((container, index) => {
    const name = textOf(container, 'name');
    if (!seen.has(name)) return seen.add(name) && [];
    return [duplicateField(`${path}[${index}].name`, name)];
  });
}

function oneOf(parent: Fields, name: string, allowed: readonly string[], path: string): FieldError[] {
  const value = textOf(parent, name);
  return value === '' || allowed.includes(value) ? [] : [unsupportedField(`${path}.${name}`, value, allowed)];
}

/** Environment variables that take the place of one before them. */
export function podSpecWarnings(spec: Fields, path: string): string[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    listOf(spec, list).flatMap((container, index) => variableWarnings(container, `${path}.${list}[${index}]`)),
  );
}

function variableWarnings(container: Fields, path: string): string[] {
  const seen = new Set<string>();
  return listOf(container, 'env').flatMap((variable, index) => {
    const name = textOf(variable, 'name');
    const repeated = seen.has(name);
    seen.add(name);
    const value = textOf(variable, 'value');
    const builds = variable.valueFrom === undefined && value !== `$(${name})` && value.includes(`$(${name})`);
    if (!repeated || builds) return [];
    const hidden = `hides previous definition of ${JSON.stringify(name)}`;
    return [`${path}.env[${index}]: ${hidden}, which may be dropped when using apply`];
  });
}
