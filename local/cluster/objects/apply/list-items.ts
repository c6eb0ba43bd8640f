import type { Json, JsonObject } from '../kind-schema.ts';
import { keyElement, valueElement } from './field-set.ts';
import { asMap, type MergeList } from './merge-type.ts';

/** An item that cannot be told from others: the message says why. */
export class ItemWithoutKey extends Error {
  override readonly name = 'ItemWithoutKey';
}

/** Path element of an item of a list that is not atomic. Throws ItemWithoutKey. */
export function itemElement(list: MergeList, item: Json): string {
  return list.keys.length === 0 ? setItem(item) : keyedItem(list, item);
}

function setItem(item: Json): string {
  if (item === null) throw new ItemWithoutKey("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ItemWithoutKey('not supported: associative list with lists as elements');
  if (typeof item === 'object')
    throw new ItemWithoutKey("associative list without keys has an element that's a map type");
  return valueElement(item);
}

function keyedItem(list: MergeList, item: Json): string {
  if (item === null) throw new ItemWithoutKey('associative list with keys may not have a null element');
  const map = asMap(item);
  if (map === undefined) throw new ItemWithoutKey('associative list with keys may not have non-map elements');
  const keys: JsonObject = {};
  for (const key of list.keys) {
    const value = map[key] === undefined ? list.keyDefaults[key] : map[key];
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length === 0) {
    const names = list.keys.map((key) => JSON.stringify(key)).join(' ');
    throw new ItemWithoutKey(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(keys);
}

/** Items by path element, in order; items that come twice are listed together. */
export function itemsByElement(list: MergeList, items: readonly Json[]): Map<string, Json[]> {
  const byElement = new Map<string, Json[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    const same = byElement.get(element);
    if (same === undefined) byElement.set(element, [item]);
    else same.push(item);
  }
  return byElement;
}
