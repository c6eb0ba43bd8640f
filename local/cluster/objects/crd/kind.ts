import type { KindSchema, KubeObject, ScalePaths, Schema } from '../kind-schema.ts';
import { OBJECT_META } from '../schema/object-meta.ts';

interface CrdVersion {
  name: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: { type?: string }[];
}
export interface CrdSpec {
  group: string;
  scope: 'Namespaced' | 'Cluster';
  names: {
    kind: string;
    plural: string;
    singular?: string;
    listKind?: string;
    shortNames?: string[];
    categories?: string[];
  };
  versions: CrdVersion[];
  conversion?: { strategy: string };
  preserveUnknownFields?: boolean;
}

/** One version of a custom resource, from a definition that was found valid. Throws an Error for a version it has not. */
export function crdKind(crd: KubeObject, version: string): KindSchema {
  const spec = crd.spec as unknown as CrdSpec;
  const found = spec.versions.find(({ name }) => name === version);
  if (found === undefined) throw new Error(`${crd.metadata.name} has no version ${version}`);
  const { status, scale } = found.subresources ?? {};
  return {
    group: spec.group,
    version,
    kind: spec.names.kind,
    builtin: false,
    namespaced: spec.scope === 'Namespaced',
    root: rootSchema(found.schema?.openAPIV3Schema ?? { 'x-kubernetes-preserve-unknown-fields': true }),
    hasStatus: status !== undefined,
    ...(scale !== undefined && { scale }),
  };
}

/** The schema with what every object has. What the definition says of metadata stays as a restriction of its name. */
function rootSchema(schema: Schema): Schema {
  const { metadata, ...properties } = schema.properties ?? {};
  const name = metadata?.properties?.name;
  const meta: Schema = { ...OBJECT_META, properties: { ...OBJECT_META.properties } };
  if (name !== undefined) meta.properties = { ...meta.properties, name: { ...name } };
  return {
    ...schema,
    type: 'object',
    properties: {
      ...properties,
      apiVersion: { ...properties.apiVersion, type: 'string' },
      kind: { ...properties.kind, type: 'string' },
      metadata: meta,
    },
  };
}

/** A custom resource's part of the schema, without metadata, which has validation of its own. */
export function withoutMetadata(root: Schema): Schema {
  const { metadata, ...properties } = root.properties ?? {};
  const name = metadata?.properties?.name as Schema | undefined;
  const isRestricted = name !== undefined && Object.keys(name).some((key) => key !== 'type' && !key.startsWith('x-'));
  return { ...root, properties: isRestricted ? { ...properties, metadata: nameOnly(name) } : properties };
}
function nameOnly(name: Schema): Schema {
  return { type: 'object', properties: { name } };
}
