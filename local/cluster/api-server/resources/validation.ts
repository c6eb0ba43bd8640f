/** Field errors, and the checks of names and labels that every kind goes through. */
import type { FieldError } from '../../objects/field-error.ts';
import type { KubeObject, ObjectMeta } from '../../objects/kind-schema.ts';
import { fieldsOf, isFields, semanticallyEqual } from './fields.ts';

export function requiredField(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, detail };
}
export function invalidField(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, value, detail };
}
export function forbiddenField(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, detail };
}
export function duplicateField(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, value, detail: '' };
}
export function unsupportedField(field: string, value: unknown, supported: readonly string[]): FieldError {
  const listed = supported.map((text) => JSON.stringify(text)).join(', ');
  return { type: 'FieldValueNotSupported', field, value, detail: `supported values: ${listed}` };
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** What is wrong with `name`, in sentences; empty: nothing. */
export function dnsSubdomainProblems(name: string): string[] {
  const problems = name.length > 253 ? ['must be no more than 253 bytes'] : [];
  if (SUBDOMAIN.test(name)) return problems;
  return [
    ...problems,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ];
}

export function dnsLabelProblems(name: string): string[] {
  const problems = name.length > 63 ? ['must be no more than 63 bytes'] : [];
  if (LABEL.test(name)) return problems;
  return [
    ...problems,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ];
}

/** Names that only have to fit into a path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
}

function qualifiedNameProblems(key: string): string[] {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  const problems =
    slash < 0 ? [] : dnsSubdomainProblems(key.slice(0, slash)).map((problem) => `prefix part ${problem}`);
  if (name.length > 63) problems.push('name part must be no more than 63 bytes');
  if (QUALIFIED.test(name)) return problems;
  return [
    ...problems,
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ];
}

function labelValueProblems(value: string): string[] {
  const problems = value.length > 63 ? ['must be no more than 63 bytes'] : [];
  if (value === '' || QUALIFIED.test(value)) return problems;
  return [
    ...problems,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ];
}

export function validateLabels(labels: unknown, field: string): FieldError[] {
  if (!isFields(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalidField(field, key, problem)),
    ...labelValueProblems(String(value)).map((problem) => invalidField(field, value, problem)),
  ]);
}

const ANNOTATIONS_MAX_BYTES = 256 * 1024;

function validateAnnotations(annotations: unknown): FieldError[] {
  if (!isFields(annotations)) return [];
  const field = 'metadata.annotations';
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidField(field, key, problem)),
  );
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  if (bytes <= ANNOTATIONS_MAX_BYTES) return errors;
  return [
    ...errors,
    { type: 'FieldValueTooLong', field, detail: `may not be more than ${ANNOTATIONS_MAX_BYTES} bytes` },
  ];
}

/** Name, labels, annotations, finalizers and owners of any object. */
export function validateMeta(
  meta: ObjectMeta,
  nameProblems: (name: string) => string[],
  builtin: boolean,
): FieldError[] {
  const name = meta.name ?? '';
  const ofName =
    name === ''
      ? [requiredField('metadata.name', 'name or generateName is required')]
      : nameProblems(name).map((problem) => invalidField('metadata.name', name, problem));
  return [
    ...ofName,
    ...validateLabels(meta.labels, 'metadata.labels'),
    ...validateAnnotations(meta.annotations),
    ...validateFinalizers(meta.finalizers, builtin),
    ...validateOwners(meta.ownerReferences),
  ];
}

const STANDARD_FINALIZERS = new Set(['foregroundDeletion', 'kubernetes', 'orphan']);

function validateFinalizers(finalizers: unknown, builtin: boolean): FieldError[] {
  const list = Array.isArray(finalizers) ? finalizers.map(String) : [];
  return list.flatMap((name, index) => {
    const problems = qualifiedNameProblems(name);
    if (problems.length > 0) return problems.map((problem) => invalidField('metadata.finalizers', name, problem));
    if (!builtin || name.includes('/') || STANDARD_FINALIZERS.has(name)) return [];
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalidField(`metadata.finalizers[${index}]`, name, detail)];
  });
}

function validateOwners(owners: unknown): FieldError[] {
  const list = Array.isArray(owners) ? owners.filter(isFields) : [];
  const errors = list.flatMap((owner) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((name) => owner[name] === undefined || owner[name] === '')
      .map((name) => invalidField(`metadata.ownerReferences.${name}`, '', 'must not be empty')),
  );
  const controllers = list.filter((owner) => owner.controller === true);
  if (controllers.length <= 1) return errors;
  const [first, second] = controllers;
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${second?.kind}/${second?.name}`;
  return [...errors, invalidField('metadata.ownerReferences', owners, detail)];
}

/** What an update may not change in the metadata of any object. `next` is completed from `old` before. */
export function validateMetaUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const errors = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds']
    .filter((name) => !semanticallyEqual(next.metadata[name], old.metadata[name]))
    .map((name) => invalidField(`metadata.${name}`, next.metadata[name], 'field is immutable'));
  return [...errors, ...validateNewFinalizers(next, old)];
}

function validateNewFinalizers(next: KubeObject, old: KubeObject): FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = new Set(finalizersOf(old));
  const added = finalizersOf(next).filter((name) => !before.has(name));
  if (added.length === 0) return [];
  const listed = added.map((name) => JSON.stringify(name)).join(', ');
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`;
  return [forbiddenField('metadata.finalizers', detail)];
}

export function finalizersOf(object: KubeObject): string[] {
  const list = object.metadata.finalizers;
  return Array.isArray(list) ? list.map(String) : [];
}

/** True when every pair of `wanted` stands in `labels`. */
export function hasLabels(labels: unknown, wanted: unknown): boolean {
  const have = isFields(labels) ? labels : {};
  return Object.entries(isFields(wanted) ? wanted : {}).every(([key, value]) => have[key] === value);
}

/** `spec.selector` may not change once it is set. */
export function validateSelectorUnchanged(next: KubeObject, old: KubeObject): FieldError[] {
  const selector = fieldsOf(next, 'spec').selector;
  if (semanticallyEqual(selector, fieldsOf(old, 'spec').selector)) return [];
  return [invalidField('spec.selector', selector, 'field is immutable')];
}
