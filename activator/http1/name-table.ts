/**
 * A small set of header names with something to know of each, found in any case. Most names that are asked for are not
 * in it, and of those no lower-case copy is made: that copy is what costs when every header of every message is looked at.
 */
export class NameTable<T> {
  readonly #byName: ReadonlyMap<string, T>;
  /** By length, one bit for each first letter that a name of that length begins with. */
  readonly #letters = new Uint32Array(64);

  /** @param entries names in lower case, shorter than 64 characters. */
  constructor(entries: Iterable<readonly [string, T]>) {
    this.#byName = new Map(entries);
    for (const name of this.#byName.keys()) {
      this.#letters[name.length] = (this.#letters[name.length] ?? 0) | (1 << (name.charCodeAt(0) & 31));
    }
  }

  find(name: string): T | undefined {
    const letters = this.#letters[name.length];
    // In ASCII the low five bits of a letter are the same in both cases.
    if (letters === undefined || (letters & (1 << (name.charCodeAt(0) & 31))) === 0) return undefined;
    return this.#byName.get(name) ?? this.#byName.get(name.toLowerCase());
  }
}

/** @param prefix in lower case, beginning with a letter. */
export function startsWithName(name: string, prefix: string): boolean {
  if (name.length < prefix.length || (name.charCodeAt(0) & 31) !== (prefix.charCodeAt(0) & 31)) return false;
  return name.slice(0, prefix.length).toLowerCase() === prefix;
}
