import type { JsonObject, KindSchema } from '../kind-schema.ts';

const TEXT: JsonObject = { type: 'string' };

function query(name: string): JsonObject {
  return { name, in: 'query', schema: TEXT };
}
function inPath(name: string): JsonObject {
  return { name, in: 'path', required: true, schema: TEXT };
}

/** What writes may ask for; kubectl looks for fieldValidation and dryRun before it sends them. */
const WRITE_OPTIONS = ['dryRun', 'fieldManager', 'fieldValidation'].map(query);
const FORCE: JsonObject = { name: 'force', in: 'query', schema: { type: 'boolean' } };

/** The paths of one kind of object: the collection, one of it, and its subresources' are left to discovery. */
export function resourcePaths(prefix: string, { schema, plural }: { schema: KindSchema; plural: string }): JsonObject {
  const { group, version, kind, namespaced } = schema;
  const gvk: JsonObject = { group, version, kind };
  const operation = (action: string, parameters: JsonObject[] = []): JsonObject => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    responses: { '200': { description: 'OK' } },
  });
  const collection = namespaced ? `${prefix}/namespaces/{namespace}/${plural}` : `${prefix}/${plural}`;
  const parameters = namespaced ? [inPath('namespace')] : [];
  return {
    [collection]: { parameters, get: operation('list'), post: operation('post', WRITE_OPTIONS) },
    [`${collection}/{name}`]: {
      parameters: [...parameters, inPath('name')],
      get: operation('get'),
      put: operation('put', WRITE_OPTIONS),
      patch: operation('patch', [...WRITE_OPTIONS, FORCE]),
      delete: operation('delete', [query('dryRun')]),
    },
    ...(namespaced && { [`${prefix}/${plural}`]: { get: operation('list') } }),
  };
}
