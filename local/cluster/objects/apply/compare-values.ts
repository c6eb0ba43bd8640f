import type { Json } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import { type FieldSet, FieldSetBuilder, type Path } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import {
  asList,
  asMap,
  type Form,
  formOf,
  type MergeList,
  type MergeMap,
  type MergeType,
  typeUnder,
} from './merge-type.ts';

type Value = Json | undefined;

/** What changed from one object to another. No field is in more than one of the sets. */
interface Comparison {
  removed: FieldSet;
  modified: FieldSet;
  added: FieldSet;
}

export function compareValues(type: MergeType, before: Json, after: Json): Comparison {
  const walk = new CompareWalk();
  walk.compare(type, before, after, []);
  return { removed: walk.removed.done(), modified: walk.modified.done(), added: walk.added.done() };
}

/** Equal as JSON values; the order of keys does not count. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameValue(item, b[i] as Json))
    );
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

class CompareWalk {
  readonly removed = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly added = new FieldSetBuilder();

  compare(type: MergeType, before: Value, after: Value, path: Path): void {
    if (before === after && before !== undefined) return; // the very same value: nothing differs below it
    const form = formOf(type, after === undefined ? before : after);
    const was = before === undefined ? form : formOf(type, before);
    // A value that takes another form is compared as both: as a map its fields go, as a scalar it changes.
    if (was !== form) this.#compareAs(was, type, before, after, path);
    const isLeaf = this.#compareAs(form, type, before, after, path);
    if (isLeaf) return;
    if (before === undefined) this.added.add(path);
    else if (after === undefined) this.removed.add(path);
  }

  /** True when the value was compared as one. */
  #compareAs(form: Form, type: MergeType, before: Value, after: Value, path: Path): boolean {
    if (form === 'map' && !isMapLeaf(type.map as MergeMap, before, after)) {
      this.#maps(type.map as MergeMap, before, after, path);
      return false;
    }
    if (form === 'list' && !isListLeaf(type.list as MergeList, before, after)) {
      this.#lists(type.list as MergeList, before, after, path);
      return false;
    }
    this.#leaf(before, after, path);
    return true;
  }

  #leaf(before: Value, after: Value, path: Path): void {
    if (before === undefined) this.added.add(path);
    else if (after === undefined) this.removed.add(path);
    else if (!sameValue(before, after)) this.modified.add(path);
  }

  #maps(type: MergeMap, before: Value, after: Value, path: Path): void {
    const left = asMap(before) ?? {};
    const right = asMap(after) ?? {};
    for (const key of Object.keys({ ...left, ...right })) {
      const below = typeUnder(type, key);
      if (below === undefined) continue;
      this.compare(below, ownValue(left, key), ownValue(right, key), [...path, `f:${key}`]);
    }
  }

  #lists(type: MergeList, before: Value, after: Value, path: Path): void {
    const left = itemsByElement(type, asList(before) ?? []);
    const right = itemsByElement(type, asList(after) ?? []);
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      this.#items(type, left.get(element) ?? [], right.get(element) ?? [], [...path, element]);
    }
  }

  /** Items of one key; those that come more than once are owned together, as one. */
  #items(type: MergeList, left: Json[], right: Json[], path: Path): void {
    if (left.length <= 1 && right.length <= 1) this.compare(type.element, left[0], right[0], path);
    else if (left.length >= 2 && right.length >= 2) {
      if (!sameValue(left, right)) this.modified.add(path);
    } else if (left.length >= 2) {
      if (right.length > 0) this.compare(type.element, undefined, right[0], path);
      this.removed.add(path);
    } else {
      if (left.length > 0) this.compare(type.element, left[0], undefined, path);
      this.added.add(path);
    }
  }
}

function isMapLeaf(type: MergeMap, before: Value, after: Value): boolean {
  return type.atomic || (isEmpty(asMap(before)) && isEmpty(asMap(after)));
}
function isListLeaf(type: MergeList, before: Value, after: Value): boolean {
  return type.atomic || (isEmpty(asList(before)) && isEmpty(asList(after)));
}
function isEmpty(value: object | undefined): boolean {
  return value === undefined || Object.keys(value).length === 0;
}
