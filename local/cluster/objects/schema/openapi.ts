/** OpenAPI documents that kubectl explains kinds from, and by which it learns what the server checks itself. */
import type { JsonObject, KindSchema, Schema } from '../kind-schema.ts';
import { OBJECT_META } from './object-meta.ts';
import { resourcePaths } from './openapi-paths.ts';
import { componentSchemas, INT_OR_STRING, QUANTITY } from './openapi-schemas.ts';

export interface ServedKind {
  schema: KindSchema;
  plural: string;
}
export interface OpenApiDocument {
  openapi: '3.0.0';
  info: { title: string; version: string };
  paths: JsonObject;
  components: { schemas: JsonObject };
}

const INFO = { title: 'Kubernetes', version: 'v1.36.0' };

/** `io.k8s.api.apps.v1.Deployment`; of a custom resource `org.example.v1.Thing`. */
function nameOf({ root, group, version, kind }: KindSchema): string {
  return root['x-name'] ?? [...group.split('.').reverse(), version, kind].join('.');
}

/** The document of one group version: all its kinds, built-in and custom, and the paths that they are under. */
export function openApiDocument(
  groupVersion: { group: string; version: string },
  kinds: readonly ServedKind[],
): OpenApiDocument {
  const prefix = prefixOf(groupVersion);
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: Object.assign({}, ...kinds.map((kind) => resourcePaths(prefix, kind))) as JsonObject,
    components: { schemas: schemasOf(kinds, '#/components/schemas/') },
  };
}

/** All kinds in the older form (Swagger 2.0). */
export function openApiV2Document(kinds: readonly ServedKind[]): JsonObject {
  const paths = kinds.map((kind) => resourcePaths(prefixOf(kind.schema), kind));
  return {
    swagger: '2.0',
    info: INFO,
    paths: Object.assign({}, ...paths) as JsonObject,
    definitions: schemasOf(kinds, '#/definitions/'),
  };
}

function prefixOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

function schemasOf(kinds: readonly ServedKind[], refPrefix: string): JsonObject {
  const components = componentSchemas(refPrefix);
  for (const { schema } of kinds) {
    const { group, version, kind } = schema;
    const gvk: JsonObject = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
    components.add(nameOf(schema), schema.builtin ? schema.root : customRoot(schema.root), gvk);
  }
  return { ...components.done(), ...INT_OR_STRING, ...QUANTITY };
}

const API_VERSION_TEXT =
  'Version of the schema of this representation of the object: the group, a slash and the version; of the core group the version alone.';
const KIND_TEXT = 'What kind of resource this object represents, in CamelCase.';

/** The schema of a custom resource with texts for the fields that every object has. */
function customRoot(root: Schema): Schema {
  return {
    ...root,
    properties: {
      ...root.properties,
      apiVersion: { type: 'string', description: API_VERSION_TEXT },
      kind: { type: 'string', description: KIND_TEXT },
      metadata: { ...OBJECT_META, description: 'Standard metadata of the object.' },
    },
  };
}
