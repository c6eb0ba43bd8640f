/** The resources that a CustomResourceDefinition defines. */
import { crdKind } from '../../objects/crd/kind.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { customFields } from '../resources/field-values.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';
import type { Resource } from '../resources/resource.ts';
import type { CustomColumn } from '../table/custom.ts';
import { customPrinter } from '../table/custom.ts';

/** One for each served version. The definition is valid. */
export function customResources(definition: KubeObject): Resource[] {
  const spec = fieldsOf(definition, 'spec');
  const versions = listOf(spec, 'versions').filter((version) => version.served === true);
  return versions.map((version) => resourceOf(definition, spec, version));
}

function resourceOf(definition: KubeObject, spec: Fields, version: Fields): Resource {
  const names = fieldsOf(spec, 'names');
  const group = textOf(spec, 'group');
  const plural = textOf(names, 'plural');
  const name = textOf(version, 'name');
  const conversion = conversionOf(spec, group, name);
  return {
    group,
    version: name,
    plural,
    singular: textOf(names, 'singular'),
    kind: textOf(names, 'kind'),
    listKind: textOf(names, 'listKind'),
    namespaced: textOf(spec, 'scope') === 'Namespaced',
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    subresources: Object.keys(fieldsOf(version, 'subresources')).sort(),
    bucket: `${plural}.${group}`,
    schema: crdKind(definition, name),
    strategy: { counted: true, unconditionalUpdate: false },
    printer: customPrinter(columnsOf(version)),
    fields: customFields(listOf(version, 'selectableFields').map((field) => textOf(field, 'jsonPath'))),
    ...(conversion === undefined ? {} : { conversion }),
  };
}

function columnsOf(version: Fields): CustomColumn[] {
  return listOf(version, 'additionalPrinterColumns') as unknown as CustomColumn[];
}

/** Without a webhook versions differ in their apiVersion alone. */
function conversionOf(spec: Fields, group: string, version: string): Resource['conversion'] {
  const stored = listOf(spec, 'versions').find((other) => other.storage === true);
  const storedAs = `${group}/${textOf(stored, 'name')}`;
  const servedAs = `${group}/${version}`;
  if (storedAs === servedAs) return undefined;
  return {
    served: (kept) => ({ ...kept, apiVersion: servedAs }),
    kept: (served) => ({ ...served, apiVersion: storedAs }),
  };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => !isFields(item)).map(String) : [];
}
