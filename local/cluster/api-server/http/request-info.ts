/** What a request asks for, read from its method and path alone. */

/** A request for a resource: `/api/v1/namespaces/a/pods/b/log`. */
export interface ResourceRequest {
  group: string;
  version: string;
  plural: string;
  /** Empty: all namespaces, or a cluster-scoped resource. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
  /** Empty: the object itself. */
  subresource: string;
  /** What follows the subresource, without a leading slash: `proxy/a/b` → `a/b`. */
  rest: string;
}

/** `undefined`: the path is none of a resource (discovery, health, version…). */
export function resourceRequestOf(path: string): ResourceRequest | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const api = apiOf(parts);
  if (api === undefined || api.tail.length === 0) return undefined;
  const { group, version, tail } = api;
  const [first = '', second = '', third = '', ...more] = tail;
  const inNamespace = first === 'namespaces' && third !== '' && !isNamespaceSubresource(third);
  if (inNamespace) {
    const [name = '', subresource = '', ...rest] = more;
    return { group, version, plural: third, namespace: second, name, subresource, rest: rest.join('/') };
  }
  // A namespace lives in itself, as far as requests go: its own name is the namespace of the request.
  const namespace = first === 'namespaces' && group === '' ? second : '';
  return { group, version, plural: first, namespace, name: second, subresource: third, rest: more.join('/') };
}

function isNamespaceSubresource(part: string): boolean {
  return part === 'status' || part === 'finalize';
}

function apiOf(parts: string[]): { group: string; version: string; tail: string[] } | undefined {
  if (parts[0] === 'api' && parts[1] !== undefined) return { group: '', version: parts[1], tail: parts.slice(2) };
  if (parts[0] === 'apis' && parts[1] !== undefined && parts[2] !== undefined) {
    return { group: parts[1], version: parts[2], tail: parts.slice(3) };
  }
  return undefined;
}
