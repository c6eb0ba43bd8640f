import { FIELD_MANAGER } from '#api/names.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { contentHash } from './content-hash.ts';

/**
 * Drift of a Deployment, told by digests: one of what is asked for, and one of those fields of the live object that our last
 * apply still owns. The API server takes a field from its owner when another writer changes it, so that a changed, removed or
 * taken field makes the two differ. What others add stays theirs.
 */

type Json = unknown;
type Fields = { readonly [element: string]: Fields };
type JsonObject = { readonly [key: string]: Json };

const LENGTH = 16;
const SUFFIXES: Record<string, number> = { n: 1e-9, u: 1e-6, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };

/** Digest of what an apply of `desired` owns: its labels, and its spec but for the replicas. 16 hex digits. */
export function desiredDigest({ metadata, spec }: Deployment): string {
  return digestOf(metadata?.labels, spec);
}

/** The same of a live Deployment, as far as our last apply still owns it. */
export function ownedDigest({ metadata, spec }: Deployment): string {
  const ours = metadata?.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === FIELD_MANAGER.operator && operation === 'Apply' && subresource === undefined,
  );
  const fields = (ours?.fieldsV1 ?? {}) as Fields;
  const labels = fields['f:metadata']?.['f:labels'];
  return digestOf(labels && owned(metadata?.labels, labels), fields['f:spec'] && owned(spec, fields['f:spec']));
}

function digestOf(labels: Json, spec: Json): string {
  const { replicas: _, ...rest } = (spec ?? {}) as JsonObject;
  return contentHash(normal({ labels, rest })).slice(0, LENGTH);
}

/** The part of `value` that `fields`, as in managedFields, names. A field without any below it is owned as a whole. */
function owned(value: Json, fields: Fields): Json {
  const elements = Object.keys(fields).filter((element) => element !== '.');
  if (elements.length === 0) return value;
  if (Array.isArray(value)) return elements.flatMap((element) => ownedItems(value, element, fields[element] ?? {}));
  if (!isObject(value)) return undefined;
  const named = elements.filter((element) => element.startsWith('f:')).map((element) => element.slice(2));
  return Object.fromEntries(named.map((name) => [name, owned(value[name], fields[`f:${name}`] ?? {})]));
}

/** Items of a list by their keys (`k:{"name":"a"}`); items of a set (`v:…`) stand for themselves. */
function ownedItems(list: readonly Json[], element: string, fields: Fields): Json[] {
  const named = parsed(element.slice(2));
  if (element.startsWith('v:')) return [named];
  if (!element.startsWith('k:') || !isObject(named)) return [];
  const keys = Object.entries(named);
  const items = list.filter((item) => isObject(item) && keys.every(([key, value]) => item[key] === value));
  return items.map((item) => owned(item, fields));
}

/** Null: it is no JSON, which the API server does not let in. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One form for what the API server writes in its own way: quantities, empty texts, the order of lists. */
function normal(value: Json, key = ''): Json {
  if (Array.isArray(value)) {
    return value
      .map((item) => [contentHash(normal(item ?? null)), item] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([hash]) => hash);
  }
  if (!isObject(value)) return value;
  const isAmounts = key === 'requests' || key === 'limits';
  const entries = Object.entries(value).filter(([, inner]) => inner !== '' && inner !== undefined);
  return Object.fromEntries(entries.map(([name, inner]) => [name, isAmounts ? amount(inner) : normal(inner, name)]));
}

/** `500m` → 0.5, `1Gi` → 1073741824; what is no quantity as it is. */
function amount(value: Json): Json {
  const [, digits = '', suffix = ''] = /^([0-9.]+(?:[eE][-+]?[0-9]+)?)([A-Za-z]*)$/.exec(String(value)) ?? [];
  const number = Number.parseFloat(digits);
  if (Number.isNaN(number)) return value;
  if (suffix === 'm') return number / 1000;
  if (suffix.endsWith('i')) return number * 1024 ** ('KMGTPE'.indexOf(suffix.slice(0, -1)) + 1);
  return number * (SUFFIXES[suffix] ?? 1);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
