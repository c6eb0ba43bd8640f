import { util } from '../builtin.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NO_VALUE = /[\0\r\n]|[^\0-\xff]/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;

type Pairs = Iterable<Iterable<string>>;
/** What `new Headers()` takes. */
export type HeadersLike = Pairs | Readonly<Record<string, string>> | undefined;

/**
 * The Fetch standard's Headers, without the fetch implementation behind Node's: loading that takes 15 to 40 ms, and a
 * cold start must not wait for it. Node's `fetch` takes these as they are, since they are iterable pairs.
 */
export class Headers {
  /** Lower-case name → values in order of arrival. */
  readonly #values = new Map<string, string[]>();

  constructor(init?: HeadersLike) {
    if (init === undefined) return;
    if (typeof init !== 'object' || init === null) throw new TypeError('Headers takes pairs or an object of strings');
    for (const [name, value] of pairsOf(init)) this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = lowerName(name);
    const text = cleanValue(name, value);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [text]);
    else values.push(text);
  }

  set(name: string, value: string): void {
    this.#values.set(lowerName(name), [cleanValue(name, value)]);
  }

  delete(name: string): void {
    this.#values.delete(lowerName(name));
  }

  has(name: string): boolean {
    return this.#values.has(lowerName(name));
  }

  get(name: string): string | null {
    const key = lowerName(name);
    const values = this.#values.get(key);
    return values === undefined ? null : joined(key, values);
  }

  getSetCookie(): string[] {
    return [...(this.#values.get('set-cookie') ?? [])];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  /** Sorted by name; each Set-Cookie by itself, all else joined. */
  entries(): ArrayIterator<[string, string]> {
    return this.#list().values();
  }

  keys(): ArrayIterator<string> {
    return this.#list()
      .map(([name]) => name)
      .values();
  }

  values(): ArrayIterator<string> {
    return this.#list()
      .map(([, value]) => value)
      .values();
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries();
  }

  #list(): [string, string][] {
    const list: [string, string][] = [];
    for (const [name, values] of this.#values) {
      if (name === 'set-cookie') for (const value of values) list.push([name, value]);
      else list.push([name, joined(name, values)]);
    }
    return list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  [util.inspect.custom](_depth: number, options: object): string {
    return `Headers ${util.inspect(Object.fromEntries(this), options)}`;
  }
}

function pairsOf(init: Exclude<HeadersLike, undefined>): [string, string][] {
  if (!(Symbol.iterator in init)) return Object.entries(init);
  return Array.from(init, (pair) => {
    const [name, value, ...rest] = pair;
    if (name === undefined || value === undefined || rest.length > 0) {
      throw new TypeError('each header must be a pair of name and value');
    }
    return [name, value];
  });
}

function lowerName(name: string): string {
  const text = String(name);
  if (!TOKEN.test(text)) throw new TypeError(`${JSON.stringify(text)} is no header name`);
  return text.toLowerCase();
}

function cleanValue(name: string, value: string): string {
  const text = String(value).replace(OUTER_SPACE, '');
  if (NO_VALUE.test(text)) throw new TypeError(`the value of header ${name} has a character that no header may have`);
  return text;
}

function joined(name: string, values: readonly string[]): string {
  if (values.length === 1) return values[0] ?? '';
  return values.join(name === 'cookie' ? '; ' : ', ');
}
