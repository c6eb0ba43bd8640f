/** How strategic merge patch merges and orders lists. */
import type { Json, JsonObject } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';

function keyOf(item: Json, mergeKey: string | undefined): Json | undefined {
  return mergeKey === undefined ? item : (item as JsonObject)[mergeKey];
}
function noMergeKey(item: JsonObject, mergeKey: string): RequestError {
  const message = `map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`;
  return new RequestError(500, '', message);
}

/** Both lists without repetition; items of the patch in its order. */
export function mergeScalarList(live: readonly Json[], change: readonly Json[]): Json[] {
  return orderedBy([...new Set([...live, ...change])], change, live, undefined);
}

/** Items with the same key merge; `$patch: delete` removes one, `$patch: replace` drops the live list. */
export function mergeKeyedList(
  live: readonly JsonObject[],
  change: readonly JsonObject[],
  mergeKey: string,
  merge: (live: JsonObject, change: JsonObject) => JsonObject,
): Json[] {
  const changes = change.filter((item) => item.$patch === undefined);
  const directives = change.filter((item) => item.$patch !== undefined);
  const deleted = directives.filter((item) => isDelete(item, mergeKey)).map((item) => item[mergeKey]);
  if (deleted.length < directives.length) return changes; // one of them says that the list is replaced
  const kept = live.filter((item) => !deleted.includes(item[mergeKey]));
  for (const item of changes) {
    if (item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
    const at = kept.findIndex((other) => other[mergeKey] === item[mergeKey]);
    const before = kept[at];
    if (before === undefined) kept.push(item);
    else kept[at] = merge(before, item);
  }
  return orderedBy(kept, changes, live, mergeKey);
}

/** Does a directive delete an item, or (false) replace the list? */
function isDelete(item: JsonObject, mergeKey: string): boolean {
  if (item.$patch === 'replace') return false;
  if (item.$patch !== 'delete') throw unknownDirective(item.$patch ?? null, item);
  if (item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
  return true;
}

function unknownDirective(directive: Json, item: JsonObject): RequestError {
  return directive === 'merge'
    ? new RequestError(500, '', 'merging lists cannot yet be specified in the patch')
    : new RequestError(500, '', `unknown patch type: ${String(directive)} in map: ${JSON.stringify(item)}`);
}

/**
 * `items` such that those in `order` follow it and the others keep the live order; among each other they stand as they
 * did in `live`, as far as both orders allow.
 */
export function orderedBy(
  items: readonly Json[],
  order: readonly Json[],
  live: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const inOrder = order.map((item) => keyOf(item, mergeKey));
  const inLive = live.map((item) => keyOf(item, mergeKey));
  const rank = (ranks: readonly (Json | undefined)[], item: Json) => ranks.indexOf(keyOf(item, mergeKey));
  const isOrdered = (item: Json) => rank(inOrder, item) >= 0;
  const named = items.filter(isOrdered).sort((a, b) => rank(inOrder, a) - rank(inOrder, b));
  const others = items.filter((item) => !isOrdered(item)).sort((a, b) => rank(inLive, a) - rank(inLive, b));
  const out: Json[] = [];
  while (named.length > 0 && others.length > 0) {
    const other = rank(inLive, others[0] as Json);
    const next = rank(inLive, named[0] as Json);
    const otherFirst = other >= 0 && next >= 0 && other < next;
    out.push((otherFirst ? others : named).shift() as Json);
  }
  return [...out, ...named, ...others];
}
