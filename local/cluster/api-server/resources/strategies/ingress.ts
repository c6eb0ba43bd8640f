/** Ingresses and their classes: kept, as there is nobody who would bring them about. */
import { isIP } from 'node:net';
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import type { Fields } from '../fields.ts';
import { ensureFields, fieldsOf, isFields, listOf, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { dnsSubdomainProblems, invalidField, requiredField, unsupportedField } from '../validation.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

export const ingressStrategy: Strategy = {
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  setDefaults(ingress) {
    ensureFields(ensureFields(ingress, 'status'), 'loadBalancer');
  },
  validate: validateIngress,
  counted: true,
};

export const ingressClassStrategy: Strategy = {
  validate(ingressClass) {
    const controller = textOf(fieldsOf(ingressClass, 'spec'), 'controller');
    return controller === '' ? [requiredField('spec.controller')] : [];
  },
  counted: true,
};

function validateIngress(ingress: KubeObject): FieldError[] {
  const spec = fieldsOf(ingress, 'spec');
  const rules = listOf(spec, 'rules');
  if (rules.length === 0 && !isFields(spec.defaultBackend)) {
    return [invalidField('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')];
  }
  return rules.flatMap((rule, index) => [
    ...validateHost(textOf(rule, 'host'), `spec.rules[${index}].host`),
    ...listOf(fieldsOf(rule, 'http'), 'paths').flatMap((path, at) =>
      validatePath(path, `spec.rules[${index}].http.paths[${at}]`),
    ),
  ]);
}

function validateHost(host: string, field: string): FieldError[] {
  if (host === '') return [];
  if (isIP(host) !== 0) return [invalidField(field, host, 'must be a DNS name, not an IP address')];
  const problems = host.includes('*') ? wildcardProblems(host) : dnsSubdomainProblems(host);
  return problems.map((problem) => invalidField(field, host, problem));
}

function wildcardProblems(host: string): string[] {
  if (host.startsWith('*.') && dnsSubdomainProblems(host.slice(2)).length === 0) return [];
  return [
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ];
}

function validatePath(path: Fields, field: string): FieldError[] {
  const type = textOf(path, 'pathType');
  if (type === '') return [requiredField(`${field}.pathType`, 'pathType must be specified')];
  if (!PATH_TYPES.includes(type)) return [unsupportedField(`${field}.pathType`, type, PATH_TYPES)];
  const text = textOf(path, 'path');
  const optional = type === 'ImplementationSpecific' && text === '';
  return optional || text.startsWith('/') ? [] : [invalidField(`${field}.path`, text, 'must be an absolute path')];
}
