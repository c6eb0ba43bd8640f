import type { Json } from '../kind-schema.ts';
import { elementText } from './field-set.ts';
import { ItemWithoutKey, itemElement } from './list-items.ts';
import {
  asList,
  asMap,
  formOf,
  type MergeList,
  type MergeMap,
  type MergeType,
  type ScalarType,
  typeUnder,
} from './merge-type.ts';

/**
 * What is wrong with a configuration that is to be applied: `.spec.foo: field not declared in schema`. Empty: nothing.
 * Duplicate items of a keyed list or set are mistakes here.
 */
export function mistakesIn(type: MergeType, value: Json, path = ''): string[] {
  switch (formOf(type, value)) {
    case 'map':
      return mapMistakes(type.map as MergeMap, value, path);
    case 'list':
      return listMistakes(type.list as MergeList, value, path);
    case 'scalar':
      return scalarMistakes(type.scalar as ScalarType, value).map((message) => at(path, message));
  }
}

function at(path: string, message: string): string {
  return path === '' ? message : `${path}: ${message}`;
}

function mapMistakes(type: MergeMap, value: Json, path: string): string[] {
  if (value === null) return [];
  const map = asMap(value);
  if (map === undefined) return [at(path, `expected map, got ${goValue(value)}`)];
  return Object.entries(map).flatMap(([key, item]) => {
    const below = typeUnder(type, key);
    const itemPath = `${path}.${key}`;
    return below === undefined ? [at(itemPath, 'field not declared in schema')] : mistakesIn(below, item, itemPath);
  });
}

function listMistakes(type: MergeList, value: Json, path: string): string[] {
  if (value === null) return [];
  const list = asList(value);
  if (list === undefined) return [at(path, `expected list, got ${goValue(value)}`)];
  const seen = new Set<string>();
  const mistakes: string[] = [];
  for (const [index, item] of list.entries()) {
    const element = type.atomic ? `i:${index}` : elementOrMistake(type, item);
    if (element instanceof ItemWithoutKey) {
      mistakes.push(at(path, `element ${index}: ${element.message}`));
      return mistakes;
    }
    if (seen.has(element)) mistakes.push(at(path, `duplicate entries for key ${elementText(element)}`));
    seen.add(element);
    mistakes.push(...mistakesIn(type.element, item, path + elementText(element)));
  }
  return mistakes;
}

function elementOrMistake(type: MergeList, item: Json): string | ItemWithoutKey {
  try {
    return itemElement(type, item);
  } catch (error) {
    if (error instanceof ItemWithoutKey) return error;
    throw error;
  }
}

function scalarMistakes(type: ScalarType, value: Json): string[] {
  if (value === null) return [];
  switch (type) {
    case 'numeric':
      return typeof value === 'number' ? [] : [`expected numeric (int or float), got ${goType(value)}`];
    case 'string':
      return typeof value === 'string'
        ? []
        : [`expected string, got &value.valueUnstructured{Value:${goValue(value)}}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`expected boolean, got &{${goValue(value)}}`];
    case 'untyped':
      return typeof value === 'object' ? [`expected any scalar, got &{${goValue(value)}}`] : [];
  }
}

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  return { string: 'string', boolean: 'bool', number: 'int64', object: 'map[string]interface {}' }[
    typeof value as 'string' | 'boolean' | 'number' | 'object'
  ];
}

/** A value as Go prints it. */
function goValue(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goValue(value[key] ?? null)}`).join(' ')}]`;
}
