/** Paths and queries of the Kubernetes API. */
import type { Resource } from './resources.ts';

export type Query = Record<string, string | number | boolean | undefined>;

/** Path of one object or one of its subresources. Throws a TypeError when a part is missing, or is one that a proxy may take for a folder: it would name the whole collection. */
export function objectPath(
  resource: Resource,
  ref: { namespace?: string | undefined; name: string },
  subresource?: string,
): string {
  if (ref.name === '') throw new TypeError(`the name of a ${resource.kind} is needed`);
  if (/^\.\.?$/.test(ref.name)) throw new TypeError(`"${ref.name}" is no name of a ${resource.kind}`);
  if (resource.namespaced && !ref.namespace) {
    throw new TypeError(`the namespace of ${resource.kind} "${ref.name}" is needed`);
  }
  const path = `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Path of all objects of a kind, in one namespace or, without it, in all of them. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

/** `path?a=1&b=2`; undefined values are left out. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** What an error message calls the target: `deployments.apps default/hello/scale`. */
export function targetName(
  resource: Resource,
  ref: { namespace?: string | undefined; name?: string | undefined },
  subresource?: string,
): string {
  const kind = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  const name = [resource.namespaced ? ref.namespace : undefined, ref.name, subresource].filter(Boolean).join('/');
  return name === '' ? kind : `${kind} ${name}`;
}
