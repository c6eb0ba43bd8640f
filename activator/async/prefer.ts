/** The `Prefer` field of a request (RFC 7240). */

interface Preference {
  /** In lower case. */
  readonly name: string;
  /** Empty: it has none. */
  readonly value: string;
  /** As it came, parameters included. */
  readonly text: string;
}

/** Of a `Prefer` field, what the gateway can do. */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Whole seconds; undefined: it does not say. */
  readonly waitSeconds: number | undefined;
}

const NONE: Preferences = { respondAsync: false, waitSeconds: undefined };
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACE = /[\t ]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const WAIT = /^\d{1,9}$/;

/** @param field of several fields, the values joined by commas; undefined: there is none */
export function preferencesOf(field: string | undefined): Preferences {
  if (field === undefined) return NONE;
  const preferences = read(field);
  // Of one that comes several times the first counts.
  const async = preferences.find(({ name }) => name === 'respond-async');
  const wait = preferences.find(({ name }) => name === 'wait')?.value ?? '';
  return { respondAsync: async?.value === '', waitSeconds: WAIT.test(wait) ? Number(wait) : undefined };
}

/** The field without some preferences; empty: nothing is left. What is no preference at all is left out too. @param names in lower case */
export function withoutPreferences(field: string, names: readonly string[]): string {
  const kept = read(field).filter(({ name }) => !names.includes(name));
  return kept.map(({ text }) => text).join(', ');
}

/** The elements of the list that can be read; each of the others ends at the next comma that no quotes are around. */
function read(field: string): Preference[] {
  const text = new Text(field);
  const found: Preference[] = [];
  while (!text.isOver) {
    const one = preferenceAt(text);
    if (one !== undefined && text.isAtEnd) found.push(one);
    text.skipElement();
  }
  return found;
}

function preferenceAt(text: Text): Preference | undefined {
  text.take(SPACE);
  const from = text.at;
  const name = text.take(TOKEN);
  if (name === undefined) return undefined;
  const value = wordBehind(text);
  while (text.takeMark(';')) {
    text.take(SPACE);
    if (text.take(TOKEN) !== undefined) wordBehind(text);
  }
  return { name: name.toLowerCase(), value, text: text.since(from).trimEnd() };
}

/** Behind a name, `= word`, and all space; empty: there is none. */
function wordBehind(text: Text): string {
  text.take(SPACE);
  if (!text.takeMark('=')) return '';
  text.take(SPACE);
  const word = text.take(QUOTED)?.replaceAll(/\\(.)/g, '$1') ?? text.take(TOKEN) ?? '';
  text.take(SPACE);
  return word;
}

/** A field that is read once from its beginning to its end. */
class Text {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get isOver(): boolean {
    return this.at >= this.#text.length;
  }
  /** Of an element of the list. */
  get isAtEnd(): boolean {
    return this.isOver || this.#text[this.at] === ',';
  }

  since(from: number): string {
    return this.#text.slice(from, this.at);
  }

  /** What a sticky pattern finds here: its group, where it has one. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  takeMark(mark: string): boolean {
    if (this.#text[this.at] !== mark) return false;
    this.at += 1;
    return true;
  }

  /** To behind the next comma. Quotes that do not end leave nothing behind them that could be read. */
  skipElement(): void {
    while (!this.isAtEnd) {
      if (this.#text[this.at] !== '"') this.at += 1;
      else if (this.take(QUOTED) === undefined) this.at = this.#text.length;
    }
    this.at += 1;
  }
}
