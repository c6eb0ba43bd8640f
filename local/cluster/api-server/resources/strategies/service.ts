import type { FieldError } from '../../../objects/field-error.ts';
import type { Fields } from '../fields.ts';
import { ensureFields, fieldsOf, listOf, numberOf, setDefault, setIfAbsent, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  duplicateField,
  forbiddenField,
  invalidField,
  requiredField,
  unsupportedField,
} from '../validation.ts';
import { portNameProblems } from './pod-field-checks.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

/** The cluster IP is given by admission: it depends on what the other Services have. */
export const serviceStrategy: Strategy = {
  setDefaults(service) {
    const spec = ensureFields(service, 'spec');
    setDefault(spec, 'sessionAffinity', 'None');
    setDefault(spec, 'type', 'ClusterIP');
    for (const port of listOf(spec, 'ports')) {
      setDefault(port, 'protocol', 'TCP');
      setDefault(port, 'targetPort', port.port);
    }
    const type = textOf(spec, 'type');
    if (type !== 'ExternalName') setIfAbsent(spec, 'internalTrafficPolicy', 'Cluster');
    if (type === 'NodePort' || type === 'LoadBalancer') setDefault(spec, 'externalTrafficPolicy', 'Cluster');
    if (type === 'LoadBalancer') setIfAbsent(spec, 'allocateLoadBalancerNodePorts', true);
    ensureFields(ensureFields(service, 'status'), 'loadBalancer');
  },
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate(next, old) {
    const before = fieldsOf(old, 'spec');
    const spec = ensureFields(next, 'spec');
    if (textOf(before, 'type') === 'ExternalName' || textOf(spec, 'type') === 'ExternalName') return;
    for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      setIfAbsent(spec, name, before[name]);
  },
  validate(service) {
    const spec = fieldsOf(service, 'spec');
    return textOf(spec, 'type') === 'ExternalName' ? validateExternalName(spec) : validateForwarding(spec);
  },
  validateUpdate(next, old) {
    const address = fieldsOf(next, 'spec').clusterIP;
    const before = fieldsOf(old, 'spec').clusterIP;
    const kept =
      textOf(fieldsOf(old, 'spec'), 'type') !== 'ExternalName' &&
      textOf(fieldsOf(next, 'spec'), 'type') !== 'ExternalName';
    if (!kept || before === undefined || before === '' || address === before) return [];
    return [invalidField('spec.clusterIPs[0]', [address], 'may not change once set')];
  },
  validateName: dnsLabelProblems,
  createOnUpdate: true,
  returnsDeleted: true,
};

function validateExternalName(spec: Fields): FieldError[] {
  const name = textOf(spec, 'externalName');
  const errors = listOf(spec, 'ports').flatMap(validatePort);
  if (name === '') return [...errors, requiredField('spec.externalName')];
  const problems = dnsSubdomainProblems(name.replace(/\.$/, ''));
  if (textOf(spec, 'clusterIP') !== '') {
    errors.push({
      type: 'FieldValueForbidden',
      field: 'spec.clusterIPs[0]',
      detail: 'may not be set when `type` is "ExternalName"',
    });
  }
  return [...errors, ...problems.map((problem) => invalidField('spec.externalName', name, problem))];
}

function validateForwarding(spec: Fields): FieldError[] {
  const type = textOf(spec, 'type');
  const ports = listOf(spec, 'ports');
  const errors = TYPES.includes(type) ? [] : [unsupportedField('spec.type', type, TYPES)];
  if (ports.length === 0 && textOf(spec, 'clusterIP') !== 'None') errors.push(requiredField('spec.ports'));
  return [...errors, ...ports.flatMap(validatePort), ...validateDistinct(ports), ...validateNodePorts(type, ports)];
}

function validateNodePorts(type: string, ports: readonly Fields[]): FieldError[] {
  if (type !== 'ClusterIP') return [];
  return ports.flatMap((port, index) =>
    numberOf(port, 'nodePort') === 0
      ? []
      : [forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")],
  );
}

function validatePort(port: Fields, index: number, ports: readonly Fields[]): FieldError[] {
  const path = `spec.ports[${index}]`;
  const number = numberOf(port, 'port');
  const errors: FieldError[] = [];
  if (ports.length > 1 && textOf(port, 'name') === '') errors.push(requiredField(`${path}.name`));
  if (number < 1 || number > 65_535) {
    errors.push(invalidField(`${path}.port`, number, 'must be between 1 and 65535, inclusive'));
  }
  const protocol = textOf(port, 'protocol');
  const allowed = ['SCTP', 'TCP', 'UDP'];
  if (!allowed.includes(protocol)) errors.push(unsupportedField(`${path}.protocol`, protocol, allowed));
  return [...errors, ...validateTargetPort(port.targetPort, `${path}.targetPort`)];
}

function validateTargetPort(target: unknown, path: string): FieldError[] {
  if (typeof target === 'string') return portNameProblems(target).map((problem) => invalidField(path, target, problem));
  if (typeof target !== 'number' || (target >= 1 && target <= 65_535)) return [];
  return [invalidField(path, target, 'must be between 1 and 65535, inclusive')];
}

function validateDistinct(ports: readonly Fields[]): FieldError[] {
  const names = ports.map((port) => textOf(port, 'name'));
  const numbers = ports.map((port) => `${textOf(port, 'protocol')} ${textOf(port, 'port')}`);
  return ports.flatMap((port, index) => {
    const errors: FieldError[] = [];
    const name = names[index];
    if (name !== '' && names.indexOf(name ?? '') < index)
      errors.push(duplicateField(`spec.ports[${index}].name`, name));
    if (numbers.indexOf(numbers[index] ?? '') < index) {
      errors.push(duplicateField(`spec.ports[${index}]`, { protocol: port.protocol, port: port.port }));
    }
    return errors;
  });
}
