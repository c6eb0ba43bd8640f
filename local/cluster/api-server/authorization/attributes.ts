/** What a request is asked of: read from its method, path and query, before anything of it is done. */
import type { ResourceRequest } from '../http/request-info.ts';

/** Of a resource. */
export interface ResourceAttributes {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` or one of its own, like `impersonate`. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly path?: undefined;
}

/** Of a path that is none of a resource. */
interface PathAttributes {
  /** The method in lower case. */
  readonly verb: string;
  readonly path: string;
}

export type Attributes = ResourceAttributes | PathAttributes;

interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  /** `undefined`: the path is none of a resource. */
  request: ResourceRequest | undefined;
}

export function attributesOf({ method, path, query, request }: Asked): Attributes {
  if (request === undefined) return { verb: method.toLowerCase(), path };
  const { group, version, plural: resource, subresource, namespace } = request;
  const verb = verbOf(method, request, query);
  const selects = verb === 'list' || verb === 'watch';
  const name = selects ? selectedName(query.get('fieldSelector') ?? '') : request.name;
  return { verb, group, version, resource, subresource, namespace, name };
}

const VERBS: { readonly [method: string]: string } = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, { name }: ResourceRequest, query: URLSearchParams): string {
  const verb = VERBS[method] ?? '';
  if (name !== '') return verb;
  if (verb === 'delete') return 'deletecollection';
  if (verb !== 'get') return verb;
  return ['', 'false', '0'].includes(query.get('watch') ?? '') ? 'list' : 'watch';
}

/** The one name that a field selector leaves: a list of it is a list of that object. */
function selectedName(selector: string): string {
  const name = selector.split(',').flatMap((term) => /^metadata\.name==?(.*)$/.exec(term)?.[1] ?? [])[0] ?? '';
  return /^\.{1,2}$|[/%]/.test(name) ? '' : name;
}

const LONG_SUBRESOURCES = ['attach', 'exec', 'log', 'portforward', 'proxy'];

/** True: the answer takes as long as the client wants. */
export function isLongRunning(attributes: Attributes): boolean {
  if (attributes.path !== undefined) return false;
  return attributes.verb === 'watch' || LONG_SUBRESOURCES.includes(attributes.subresource);
}
