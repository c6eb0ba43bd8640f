/**
 * Sets of fields, as `metadata.managedFields` has them. A set is a tree; each key is a path element as it is written in
 * fieldsV1: `f:<name>`, `k:<keys of a list item as JSON>`, `v:<item of a set as JSON>`, `i:<index>`. Never changed once
 * built, so subtrees are shared freely.
 */
import type { Json, JsonObject } from '../kind-schema.ts';

export interface FieldNode {
  /** The field itself is in the set, not only fields below it. */
  readonly member: boolean;
  readonly children: FieldSet;
}
export type FieldSet = ReadonlyMap<string, FieldNode>;
export type Path = readonly string[];

export const NO_FIELDS: FieldSet = new Map();
const LEAF: FieldNode = { member: true, children: NO_FIELDS };

/** Is a node worth keeping? */
function node(member: boolean, children: FieldSet): FieldNode | undefined {
  if (children.size === 0) return member ? LEAF : undefined;
  return { member, children };
}

/** Collects paths; `done` gives the set. */
export class FieldSetBuilder {
  readonly #root: MutableNode = { member: false, children: undefined };

  add(path: Path): void {
    if (path.length === 0) return; // nobody owns the whole object
    let at = this.#root;
    for (const element of path) {
      at.children ??= new Map();
      let next = at.children.get(element);
      if (next === undefined) {
        next = { member: false, children: undefined };
        at.children.set(element, next);
      }
      at = next;
    }
    at.member = true;
  }

  done(): FieldSet {
    return frozen(this.#root.children);
  }
}
interface MutableNode {
  member: boolean;
  children: Map<string, MutableNode> | undefined;
}
function frozen(nodes: Map<string, MutableNode> | undefined): FieldSet {
  if (nodes === undefined) return NO_FIELDS;
  const set = new Map<string, FieldNode>();
  for (const [key, { member, children }] of nodes) {
    set.set(key, children === undefined ? LEAF : { member, children: frozen(children) });
  }
  return set;
}

export function fieldSet(...paths: Path[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.done();
}

/** `metadata`, `name` → the path of that field. */
export function fieldPath(...names: string[]): Path {
  return names.map((name) => `f:${name}`);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const both = new Map(a);
  for (const [key, right] of b) {
    const left = both.get(key);
    both.set(
      key,
      left === undefined
        ? right
        : { member: left.member || right.member, children: union(left.children, right.children) },
    );
  }
  return both;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const both = new Map<string, FieldNode>();
  for (const [key, left] of a) {
    const right = b.get(key);
    if (right === undefined) continue;
    const kept = node(left.member && right.member, intersection(left.children, right.children));
    if (kept !== undefined) both.set(key, kept);
  }
  return both;
}

/** `a` without the members of `b`; taking away a parent leaves its children. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const rest = new Map<string, FieldNode>();
  for (const [key, left] of a) {
    const right = b.get(key);
    const kept =
      right === undefined ? left : node(left.member && !right.member, difference(left.children, right.children));
    if (kept !== undefined) rest.set(key, kept);
  }
  return rest;
}

/** `a` without the members of `b` and everything below them. */
export function differenceWithChildren(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const rest = new Map<string, FieldNode>();
  for (const [key, left] of a) {
    const right = b.get(key);
    if (right?.member) continue;
    const kept = right === undefined ? left : node(left.member, differenceWithChildren(left.children, right.children));
    if (kept !== undefined) rest.set(key, kept);
  }
  return rest;
}

export function has(set: FieldSet, path: Path): boolean {
  let at: FieldNode | undefined;
  let level = set;
  for (const element of path) {
    at = level.get(element);
    if (at === undefined) return false;
    level = at.children;
  }
  return at?.member ?? false;
}

/** All members, a level's own before those of the levels below it. */
export function paths(set: FieldSet, prefix: Path = []): Path[] {
  const keys = [...set.keys()].sort();
  return [
    ...keys.filter((key) => set.get(key)?.member).map((key) => [...prefix, key]),
    ...keys.flatMap((key) => paths(set.get(key)?.children ?? NO_FIELDS, [...prefix, key])),
  ];
}

/** The value of `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const out: JsonObject = {};
  for (const key of [...set.keys()].sort()) {
    const { member, children } = set.get(key) as FieldNode;
    const below = toFieldsV1(children);
    out[key] = member && children.size > 0 ? { '.': {}, ...below } : below;
  }
  return out;
}

/** Reads `fieldsV1`; keys of an unknown form are left out. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set = new Map<string, FieldNode>();
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.' || !/^[fkvi]:/.test(key)) continue;
    const below = (value ?? {}) as JsonObject;
    const children = fromFieldsV1(below);
    set.set(canonicalElement(key), children.size === 0 ? LEAF : { member: '.' in below, children });
  }
  return set;
}

function canonicalElement(key: string): string {
  if (key.startsWith('k:')) return keyElement(JSON.parse(key.slice(2)) as JsonObject);
  return key.startsWith('v:') ? valueElement(JSON.parse(key.slice(2)) as Json) : key;
}

/** The path element of a list item that is known by its keys. */
export function keyElement(keys: JsonObject): string {
  const sorted = Object.keys(keys).sort();
  return `k:{${sorted.map((key) => `${JSON.stringify(key)}:${JSON.stringify(keys[key])}`).join(',')}}`;
}

/** The path element of an item of a set. */
export function valueElement(value: Json): string {
  return `v:${JSON.stringify(value)}`;
}

/** `.spec.ports[port=80,protocol="TCP"].name`: a path as messages have it. */
export function pathText(path: Path): string {
  return path.map(elementText).join('');
}

export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as JsonObject);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
