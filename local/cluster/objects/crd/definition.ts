import { sameValue } from '../apply/compare-values.ts';
import type { FieldError } from '../field-error.ts';
import type { Json, KubeObject, Schema } from '../kind-schema.ts';
import type { CrdSpec } from './kind.ts';
import { schemaErrors } from './schema-checks.ts';
import { invalid, required } from './structural.ts';

function specOf(crd: KubeObject): CrdSpec {
  return crd.spec as unknown as CrdSpec;
}

/** A CustomResourceDefinition with what a real server fills in: names that follow from others, no conversion. */
export function defaultCrd(crd: KubeObject): KubeObject {
  const spec = specOf(crd);
  if (spec?.names === undefined) return crd;
  const { kind = '' } = spec.names;
  const names = {
    ...spec.names,
    singular: spec.names.singular || kind.toLowerCase(),
    listKind: spec.names.listKind || (kind === '' ? '' : `${kind}List`),
  };
  return { ...crd, spec: { ...spec, names, conversion: spec.conversion ?? { strategy: 'None' } } };
}

/**
 * What a real server refuses of a defaulted CustomResourceDefinition, metadata aside but for its name: names, versions,
 * schemas that are not structural, rules that do not compile or cost too much, defaults that are not valid.
 * @param old the definition before an update
 */
export function validateCrd(crd: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(crd);
  const errors = [...nameErrors(crd), ...specErrors(spec)];
  return old === undefined ? errors : [...errors, ...changeErrors(spec, specOf(old))];
}

const LABEL_DETAIL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_DETAIL =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function nameErrors(crd: KubeObject): FieldError[] {
  const { names, group } = specOf(crd);
  const { name } = crd.metadata;
  return name === `${names?.plural}.${group}`
    ? []
    : [invalid('metadata.name', name ?? '', 'must be spec.names.plural+"."+spec.group')];
}

function specErrors(spec: CrdSpec): FieldError[] {
  return [...groupErrors(spec), ...versionErrors(spec), ...namesErrors(spec.names), ...allSchemaErrors(spec)];
}

function groupErrors({ group, scope }: CrdSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!group) errors.push(required('spec.group', ''));
  else if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(group))
    errors.push(invalid('spec.group', group, SUBDOMAIN_DETAIL));
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (!scope) errors.push(required('spec.scope', ''));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    const detail = 'supported values: "Cluster", "Namespaced"';
    errors.push({ type: 'FieldValueNotSupported', field: 'spec.scope', value: scope, detail });
  }
  return errors;
}

function versionErrors({ versions = [] }: CrdSpec): FieldError[] {
  const errors = versions.flatMap(({ name }, i) =>
    isLabel(name ?? '') ? [] : [invalid(`spec.versions[${i}].name`, name ?? '', LABEL_DETAIL)],
  );
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter((version) => (version as { storage?: boolean }).storage).length !== 1)
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  return [
    ...errors,
    ...versions.flatMap((version, i) => scalePathErrors(version, versionPath(versions, i, 'subresources'))),
    ...columnErrors(versions),
  ];
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function columnErrors(versions: CrdSpec['versions']): FieldError[] {
  const columns = versions.map((version) => version.additionalPrinterColumns ?? []);
  const shared = areSame(columns);
  return columns.slice(0, shared ? 1 : undefined).flatMap((list, i) =>
    list.flatMap(({ type = '' }, j) => {
      const field = `${shared ? 'spec' : `spec.versions[${i}]`}.additionalPrinterColumns[${j}].type`;
      return COLUMN_TYPES.includes(type) ? [] : [invalid(field, type, `must be one of ${COLUMN_TYPES.join(',')}`)];
    }),
  );
}

function scalePathErrors({ subresources }: CrdSpec['versions'][number], path: string): FieldError[] {
  const { scale } = subresources ?? {};
  if (scale === undefined) return [];
  const check = (name: 'specReplicasPath' | 'statusReplicasPath', under: string): FieldError[] => {
    const given = scale[name] ?? '';
    if (given === '') return [required(`${path}.scale.${name}`, '')];
    return given.startsWith(`${under}.`)
      ? []
      : [invalid(`${path}.scale.${name}`, given, `should be a json path under ${under}`)];
  };
  return [...check('specReplicasPath', '.spec'), ...check('statusReplicasPath', '.status')];
}

function namesErrors(names: CrdSpec['names']): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names ?? {};
  const given = { plural, singular, kind, listKind };
  const errors = Object.entries(given).flatMap(([field, name]) => {
    if (name === '') return [required(`spec.names.${field}`, '')];
    const mayBeMixed = field === 'kind' || field === 'listKind';
    if (isLabel(mayBeMixed ? name.toLowerCase() : name)) return [];
    const detail = mayBeMixed ? `may have mixed case, but should otherwise match: ${LABEL_DETAIL}` : LABEL_DETAIL;
    return [invalid(`spec.names.${field}`, name, detail)];
  });
  const lists = Object.entries({ shortNames, categories }).flatMap(([field, list]) =>
    list.flatMap((name, i) => (isLabel(name) ? [] : [invalid(`spec.names.${field}[${i}]`, name, LABEL_DETAIL)])),
  );
  const same = kind !== '' && kind === listKind;
  return [
    ...errors,
    ...lists,
    ...(same ? [invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same')] : []),
  ];
}

/** Schemas that all versions share are refused once, under the name that they then have. */
function allSchemaErrors({ versions = [] }: CrdSpec): FieldError[] {
  const schemas = versions.map(({ schema }) => schema?.openAPIV3Schema);
  const missing = schemas.flatMap((schema, i) =>
    schema === undefined ? [required(`spec.versions[${i}].schema.openAPIV3Schema`, '')] : [],
  );
  if (missing.length > 0) return missing;
  const shared = areSame(schemas);
  return schemas.slice(0, shared ? 1 : undefined).flatMap((schema, i) => {
    const hasStatus = versions.some(({ subresources }, j) => (shared || i === j) && subresources?.status !== undefined);
    return schemaErrors(schema as Schema, `${versionPath(versions, i, 'schema')}.openAPIV3Schema`, hasStatus);
  });
}

function areSame(values: readonly unknown[]): boolean {
  return values.every((value) => sameValue((value ?? null) as Json, (values[0] ?? null) as Json));
}

/** Path of a part of a version; what is the same in all versions belongs to the whole definition. */
function versionPath(versions: CrdSpec['versions'], index: number, part: 'schema' | 'subresources'): string {
  if (!areSame(versions.map((version) => version[part]))) return `spec.versions[${index}].${part}`;
  return part === 'schema' ? 'spec.validation' : 'spec.subresources';
}

function changeErrors(spec: CrdSpec, old: CrdSpec): FieldError[] {
  const fixed: [string, string | undefined, string | undefined][] = [
    ['spec.scope', spec.scope, old.scope],
    ['spec.names.kind', spec.names.kind, old.names.kind],
    ['spec.group', spec.group, old.group],
    ['spec.names.plural', spec.names.plural, old.names.plural],
  ];
  return fixed
    .filter(([, now, before]) => now !== before)
    .map(([field, now]) => invalid(field, now ?? '', 'field is immutable'));
}
