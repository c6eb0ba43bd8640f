/** Thousands of objects of one kind say much the same: equal strings and equal parts of them as one value in memory. */

/** Values of a generation of each table. */
const MOST = 4_096;
/** Longer ones are seldom equal. */
const LONGEST_CHARS = 256;

/**
 * Two generations: when the young one is full the old one goes, with all that was not asked for meanwhile. So what is said
 * once and never again does not push out what many say.
 */
class Generations<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** What was kept by that key; else `value`, which is now. */
  share(key: string, value: T): T {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const kept = this.#old.get(key) ?? value;
    if (this.#young.size >= MOST) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, kept);
    return kept;
  }
}

const strings = new Generations<string>();
const parts = new Generations<object>();

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
  return strings.share(text, text);
}

/** An object that equals `part` in JSON, the same for all that do. */
export function sharedPart<T>(part: T): T {
  if (part === null || typeof part !== 'object') return part;
  return parts.share(JSON.stringify(part), part) as T;
}
