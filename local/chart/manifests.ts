import type { KubeObject } from '#platform/kube/resources.ts';
import { readDocuments } from './go-yaml.ts';
import { installPlace } from './kind-order.ts';

/** One object of a rendered chart. */
export interface RenderedObject {
  object: KubeObject;
  /** Path of its template, e.g. `templates/operator/rbac.yaml`. */
  template: string;
  /** Events at which Helm makes it for a moment, e.g. `pre-install`; empty: it is a member of the release. */
  hooks: string[];
  /** Of a hook: lower ones come first. */
  weight: number;
  /** Of a hook: when it is deleted, e.g. `hook-succeeded`. */
  deletePolicies: string[];
}

const HOOK = 'helm.sh/hook';
const HOOK_WEIGHT = 'helm.sh/hook-weight';
const HOOK_DELETE_POLICY = 'helm.sh/hook-delete-policy';

/** The objects in `texts`, by their template, in the order in which Helm installs them. Throws where one is no object. */
export function renderedObjects(texts: ReadonlyMap<string, string>): RenderedObject[] {
  const paths = [...texts.keys()].filter((path) => !path.endsWith('.txt')).sort();
  const objects = paths.flatMap((path) => readDocuments(texts.get(path) ?? '', path).map((one) => rendered(one, path)));
  return objects.sort((a, b) => byPlace(a.object.kind, b.object.kind));
}

/** Hooks of an event in the order in which Helm makes them: by weight, then by name, else by kind. */
export function hooksOf(objects: readonly RenderedObject[], event: string): RenderedObject[] {
  const nameOf = ({ object }: RenderedObject) => object.metadata?.name ?? '';
  return objects
    .filter(({ hooks }) => hooks.includes(event))
    .sort((a, b) => a.weight - b.weight || compare(nameOf(a), nameOf(b)));
}

/** What is installed and stays. */
export function membersOf(objects: readonly RenderedObject[]): RenderedObject[] {
  return objects.filter(({ hooks }) => hooks.length === 0);
}

function rendered(object: KubeObject, template: string): RenderedObject {
  const { apiVersion, kind, metadata } = object;
  for (const [key, value] of Object.entries({ apiVersion, kind, 'metadata.name': metadata?.name })) {
    if (typeof value !== 'string' || value === '') throw new Error(`${template}: an object without ${key}`);
  }
  const annotations = metadata?.annotations ?? {};
  return {
    object,
    template,
    hooks: items(annotations[HOOK]),
    weight: Number.parseInt(annotations[HOOK_WEIGHT] ?? '0', 10) || 0,
    deletePolicies: items(annotations[HOOK_DELETE_POLICY] ?? 'before-hook-creation'),
  };
}

function items(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

function byPlace(a = '', b = ''): number {
  return installPlace(a) - installPlace(b) || (installPlace(a) === Number.MAX_SAFE_INTEGER ? compare(a, b) : 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
