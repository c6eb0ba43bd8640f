/** Equality of values in rules: numbers by amount whatever their type, lists and objects by content. */
export function celEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (isNumber(a) && isNumber(b)) return !(a < b || a > b); // a bigint and a number are never identical
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => celEqual(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && celEqual(a[key], b[key]))
  );
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
