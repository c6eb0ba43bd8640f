import type { Json } from '../kind-schema.ts';
import { type FieldNode, type FieldSet, FieldSetBuilder, type Path } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { asList, asMap, formOf, type MergeList, type MergeMap, type MergeType, typeUnder } from './merge-type.ts';

/** Every leaf and every list item that `value` mentions: what its applier owns. */
export function ownedFields(type: MergeType, value: Json): FieldSet {
  const set = new FieldSetBuilder();
  collect(type, value, [], set);
  return set.done();
}

function collect(type: MergeType, value: Json, path: Path, set: FieldSetBuilder): void {
  switch (formOf(type, value)) {
    case 'scalar':
      set.add(path);
      return;
    case 'map':
      collectMap(type.map as MergeMap, value, path, set);
      return;
    case 'list':
      collectList(type.list as MergeList, value, path, set);
  }
}

function collectMap(type: MergeMap, value: Json, path: Path, set: FieldSetBuilder): void {
  if (type.atomic) set.add(path);
  else
    for (const [key, item] of Object.entries(asMap(value) ?? {})) {
      const below = typeUnder(type, key);
      const itemPath = [...path, `f:${key}`];
      if (below !== undefined) collect(below, item, itemPath, set);
      const isEmptyMap = asMap(item) !== undefined && Object.keys(asMap(item) ?? {}).length === 0;
      if (item === null || isEmptyMap || type.field(key) === undefined) set.add(itemPath);
    }
}

function collectList(type: MergeList, value: Json, path: Path, set: FieldSetBuilder): void {
  if (type.atomic) set.add(path);
  else
    for (const [element, items] of itemsByElement(type, asList(value) ?? [])) {
      const itemPath = [...path, element];
      if (items.length === 1) collect(type.element, items[0] as Json, itemPath, set);
      set.add(itemPath);
    }
}

/** `set` with every declared field above a member as a member too: owning `a.b` then means owning `a`. */
export function withDeclaredParents(set: FieldSet, type: MergeType | undefined): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const [element, { member, children }] of set) {
    const isField = element.startsWith('f:');
    const declared = isField ? type?.map?.field(element.slice(2)) : undefined;
    const below = isField
      ? (declared ?? type?.map?.element)
      : element.startsWith('k:')
        ? type?.list?.element
        : undefined;
    out.set(element, {
      member: member || (children.size > 0 && declared !== undefined),
      children: withDeclaredParents(children, below),
    });
  }
  return out;
}
