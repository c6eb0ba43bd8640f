/** Reading and filling JSON whose schema is known, but not to the compiler. */

export type Fields = { [name: string]: unknown };

/** The object at `name`, or an empty one that is part of nothing. */
export function fieldsOf(parent: Fields | undefined, name: string): Fields {
  const value = parent?.[name];
  return isFields(value) ? value : {};
}

/** The object at `name`, put there when it is absent. */
export function ensureFields(parent: Fields, name: string): Fields {
  const value = parent[name];
  if (isFields(value)) return value;
  const made: Fields = {};
  parent[name] = made;
  return made;
}

/** The objects in the list at `name`; none when it is absent. */
export function listOf(parent: Fields | undefined, name: string): Fields[] {
  const value = parent?.[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** The text at `name`; empty when it is absent. */
export function textOf(parent: Fields | undefined, name: string): string {
  const value = parent?.[name];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The number at `name`; `otherwise` when it is absent. */
export function numberOf(parent: Fields | undefined, name: string, otherwise = 0): number {
  const value = parent?.[name];
  return typeof value === 'number' ? value : otherwise;
}

/** Sets `name` where it is absent, null or empty. */
export function setDefault(parent: Fields, name: string, value: unknown): void {
  const present = parent[name];
  if (present === undefined || present === null || present === '' || (present === 0 && value !== 0))
    parent[name] = value;
}

/** Sets `name` where it is absent or null; an empty or zero value stays. */
export function setIfAbsent(parent: Fields, name: string, value: unknown): void {
  if (parent[name] === undefined || parent[name] === null) parent[name] = value;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key from outside may be one that every object inherits something under. */
function own(parent: Fields, name: string): unknown {
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

/** Equal as API objects are: an absent field, null, and an empty object, list or text are the same. */
export function semanticallyEqual(a: unknown, b: unknown): boolean {
  if (a === b || (isEmpty(a) && isEmpty(b))) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => semanticallyEqual(item, b[index]));
  }
  if (!isFields(a) || !isFields(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => {
    return semanticallyEqual(own(a, key), own(b, key));
  });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0;
}
