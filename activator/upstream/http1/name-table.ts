/**
 * A small set of header names with something to know of each, found in any case. Most names that are asked for are not
 * in it, and of those no lower-case copy is made: that copy is what costs when every header of every message is looked at.
 */
export class NameTable<T> {
  /** By length and first letter; mostly there is none, rarely more than one. */
  readonly #entries: (readonly (readonly [string, T])[] | undefined)[] = new Array(64 * 32).fill(undefined);

  /** @param entries names in lower case, shorter than 64 characters. */
  constructor(entries: Iterable<readonly [string, T]>) {
    for (const entry of entries) {
      const place = placeOf(entry[0]);
      this.#entries[place] = [...(this.#entries[place] ?? []), entry];
    }
  }

  find(name: string): T | undefined {
    if (name.length >= 64) return undefined;
    const entries = this.#entries[placeOf(name)];
    if (entries === undefined) return undefined;
    const lower = name.toLowerCase();
    for (const [one, known] of entries) if (one === lower) return known;
    return undefined;
  }
}

/** In ASCII the low five bits of a letter are the same in both cases. */
function placeOf(name: string): number {
  return (name.length << 5) | (name.charCodeAt(0) & 31);
}
