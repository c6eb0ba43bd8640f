/** Thousands of objects of one kind say much the same: equal strings and equal parts of them as one value in memory. */

/** Values up to which each table grows; then it begins anew. */
const MOST = 4_096;
/** Longer ones are seldom equal. */
const LONGEST_CHARS = 256;

const strings = new Map<string, string>();
const parts = new Map<string, object>();

/** `value`, whose strings are shared with those of other values. Changes it in place: it must be fresh from the parser. */
export function shareStrings<T>(value: T): T {
  if (typeof value === 'string') return sharedString(value) as T;
  if (value === null || typeof value !== 'object') return value;
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (typeof field === 'string') fields[name] = sharedString(field);
    else if (typeof field === 'object') shareStrings(field);
  }
  return value;
}

function sharedString(text: string): string {
  if (text.length > LONGEST_CHARS) return text;
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= MOST) strings.clear();
  strings.set(text, text);
  return text;
}

/** An object that equals `part` in JSON, the same for all that do. */
export function sharedPart<T>(part: T): T {
  if (part === null || typeof part !== 'object') return part;
  const key = JSON.stringify(part);
  const known = parts.get(key);
  if (known !== undefined) return known as T;
  if (parts.size >= MOST) parts.clear();
  parts.set(key, part);
  return part;
}

/** A copy of `object` with each of its fields shared. */
export function sharedFields<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).map(([name, field]) => [name, sharedPart(field)])) as T;
}
