import type { Json, JsonObject } from '../kind-schema.ts';
import { type FieldSet, NO_FIELDS } from './field-set.ts';
import { itemElement } from './list-items.ts';
import { asList, asMap, formOf, type MergeList, type MergeMap, type MergeType, typeUnder } from './merge-type.ts';

/**
 * `value` without the fields and items of `set`. A map or list of which nothing is left stays as an empty one, and so does
 * one that is atomic and has something of it in `set`.
 */
export function removeFields(type: MergeType, value: Json, set: FieldSet): Json {
  switch (formOf(type, value)) {
    case 'scalar':
      return value;
    case 'map':
      return removeFromMap(type.map as MergeMap, value, set);
    case 'list':
      return removeFromList(type.list as MergeList, value, set);
  }
}

function removeFromMap(type: MergeMap, value: Json, set: FieldSet): Json {
  const map = asMap(value);
  if (map === undefined) return value;
  if (type.atomic) return {};
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(map)) {
    const node = set.get(`f:${key}`);
    if (node?.member) continue;
    const below = typeUnder(type, key);
    const inside = node?.children ?? NO_FIELDS;
    out[key] = inside.size === 0 || below === undefined ? item : removeFields(below, item, inside);
  }
  return out;
}

function removeFromList(type: MergeList, value: Json, set: FieldSet): Json {
  const list = asList(value);
  if (list === undefined) return value;
  if (type.atomic) return [];
  const out: Json[] = [];
  for (const item of list) {
    const node = set.get(itemElement(type, item));
    if (node?.member) continue;
    const inside = node?.children ?? NO_FIELDS;
    out.push(inside.size === 0 ? item : removeFields(type.element, item, inside));
  }
  return out;
}
