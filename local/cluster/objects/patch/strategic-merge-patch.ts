import type { Json, JsonObject, KindSchema, Schema } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import { RequestError } from '../request-error.ts';
import { mergeKeyedList, mergeScalarList, orderedBy } from './strategic-lists.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

function badPatch(message: string): RequestError {
  return new RequestError(400, 'BadRequest', message);
}
function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `document` with a strategic merge patch: lists merge by the keys that the kind's schema names, and the directives
 * `$patch`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…` and `$retainKeys` are obeyed. For built-in kinds only.
 * @throws RequestError 400 for a malformed directive, 500 for items without their merge key, as on a real server
 */
export function strategicMergePatch(kind: KindSchema, document: JsonObject, patch: JsonObject): JsonObject {
  if (!kind.builtin) throw badPatch('strategic merge patch format is not supported');
  return mergeObject(kind.root, structuredClone(document), structuredClone(patch));
}

/** How a field is patched. */
interface FieldPatch {
  schema: Schema;
  /** Strategy without `retainKeys`, which is for those who make patches. */
  strategy: string;
  mergeKey: string | undefined;
}
function fieldPatch(schema: Schema, name: string): FieldPatch {
  const { properties = {} } = schema;
  const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
  const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  const field = own ?? other;
  const strategies = (field['x-kubernetes-patch-strategy'] ?? '').split(',').filter((part) => part !== 'retainKeys');
  return { schema: field, strategy: strategies[0] ?? '', mergeKey: field['x-kubernetes-patch-merge-key'] };
}

/** Merges `patch` into `original`, both of which are changed. */
function mergeObject(schema: Schema, original: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) return obeyDirective(directive, patch);
  obeyRetainKeys(original, patch);
  obeySetOrder(schema, original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(original, key.slice(DELETE_FROM_LIST.length), value);
    else mergeField(schema, original, key, value);
  }
  return original;
}

function obeyDirective(directive: Json, patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: _, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new RequestError(500, '', `unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);
}

function obeyRetainKeys(original: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw badPatch('invalid patch format of retainKeys');
  const isStray = ([key, value]: [string, Json]) => value !== null && !key.startsWith('$') && !keys.includes(key);
  if (Object.entries(patch).some(isStray)) throw badPatch('invalid patch format of retainKeys');
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key];
}

/** Merges the lists for which the patch gives an order, and takes them out of the patch. */
function obeySetOrder(schema: Schema, original: JsonObject, patch: JsonObject): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    const name = key.slice(SET_ORDER.length);
    const list = mergeInOrder(fieldPatch(schema, name), ownValue(original, name), ownValue(patch, name), order);
    delete patch[key];
    delete patch[name];
    if (list !== undefined) original[name] = list;
  }
}

function mergeInOrder(field: FieldPatch, live: Json | undefined, change: Json | undefined, order: Json) {
  const isList = (value: Json | undefined): value is Json[] | undefined => value === undefined || Array.isArray(value);
  if (!isList(live) || !isList(change) || !Array.isArray(order))
    throw badPatch('invalid patch format of setElementOrder list');
  checkOrder(change ?? [], order, field.mergeKey);
  if (live === undefined && change === undefined) return undefined;
  return orderedBy(mergedItems(field, live, change), order, live ?? [], field.mergeKey);
}

function mergedItems(field: FieldPatch, live: Json[] | undefined, change: Json[] | undefined): Json[] {
  if (change === undefined) return live ?? [];
  return live === undefined ? (withoutDirectives(change) as Json[]) : mergeList(field, live, change);
}

/** Items of the patch must come in the order that the patch asks for. */
function checkOrder(change: readonly Json[], order: readonly Json[], mergeKey: string | undefined): void {
  const keyOf = (item: Json) => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item);
  const positions = order.map(keyOf);
  let from = 0;
  for (const item of change) {
    if (isObject(item) && item[DIRECTIVE] !== undefined) continue;
    const at = positions.indexOf(keyOf(item), from);
    if (at < 0 && order.length > 0)
      throw new RequestError(500, '', "The order in patch list doesn't match $setElementOrder list");
    from = at + 1;
  }
}

function deleteFromList(original: JsonObject, name: string, items: Json): void {
  const list = ownValue(original, name);
  if (!Array.isArray(items)) throw badPatch('invalid patch format of primitive list');
  if (Array.isArray(list)) original[name] = list.filter((item) => !items.includes(item));
}

function mergeField(schema: Schema, original: JsonObject, key: string, value: Json): void {
  if (value === null) {
    delete original[key];
    return;
  }
  const live = ownValue(original, key);
  const field = fieldPatch(schema, key);
  if (isObject(live) && isObject(value)) {
    original[key] = field.strategy === 'replace' ? value : mergeObject(field.schema, live, value);
  } else if (Array.isArray(live) && Array.isArray(value)) {
    original[key] = mergeList(field, live, value);
  } else {
    const kept = withoutDirectives(withoutNulls(value));
    if (kept === undefined) delete original[key];
    else original[key] = kept;
  }
}

function mergeList({ schema, strategy, mergeKey }: FieldPatch, live: Json[], change: Json[]): Json[] {
  if (strategy !== 'merge') return change;
  const items = schema.items ?? {};
  if (![...live, ...change].some(isObject)) return mergeScalarList(live, change);
  if (mergeKey === undefined)
    throw new RequestError(500, '', `cannot merge lists without merge key for ${items['x-name'] ?? ''}`);
  return mergeKeyedList(live as JsonObject[], change as JsonObject[], mergeKey, (a, b) => mergeObject(items, a, b));
}

/** A new value has no nulls: there is nothing that they could remove. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

/** A new value without what only told how to merge; undefined: it was nothing else. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (value[DIRECTIVE] !== undefined) return undefined;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const kept = withoutDirectives(item);
    if (kept !== undefined) out[key] = kept;
  }
  return out;
}
