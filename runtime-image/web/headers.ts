import { util } from '../builtin.ts';
import { makeEnumerable } from './enumerable.ts';
import { HeadersIterator } from './headers-iterator.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NO_VALUE = /[\0\r\n]|[^\0-\xff]/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const COOKIE = 'set-cookie';

type Pairs = Iterable<Iterable<string>>;
/** What `new Headers()` takes. */
export type HeadersLike = Pairs | Readonly<Record<string, string>> | undefined;

/** Headers that say how a message came, not what it is: where they are copied to another, they need not hold for that. */
export type TransitHeader = 'content-length' | 'content-encoding';
type Transit = ReadonlySet<string>;

/** For headers that Node's fetch has received: those of them that do not hold for a copy. */
const transitOfNodes = new WeakMap<object, Transit>();

/** Says that `names` of `headers`, which Node's fetch has received, do not hold for a copy. */
export function markReceived(headers: object, names: readonly TransitHeader[]): void {
  if (names.length > 0) transitOfNodes.set(headers, new Set(names));
}

/** The names that were copied from a message received, and not set since. */
export let transitOf: (headers: Headers) => Transit;
/** Whether `value` was made by the class below: `instanceof` is true of Node's own too. */
export let isOwnHeaders: (value: unknown) => value is Headers;
/** Says that `names` came with a message, or, of a copy, that they hold for it too. */
export let setTransit: (headers: Headers, names: Transit) => void;

/** All of them in order; each Set-Cookie by itself, all else joined. Not to be changed. */
export let listOf: (headers: Headers) => readonly (readonly [string, string])[];
/** Whether anything may be changed from now on; a copy may be. */
export let setFixed: (headers: Headers, isFixed: boolean) => void;
export let isFixed: (headers: Headers) => boolean;

const NONE: Transit = new Set();
const NO_ARGUMENT = 'there is an argument missing';

/**
 * The Fetch standard's Headers, without the fetch implementation behind Node's: loading that takes 15 to 40 ms, and a
 * cold start must not wait for it. Node's `fetch` takes these as they are, since they are iterable pairs.
 */
export class Headers {
  /** Lower-case name → value, of a name that came several times all joined; no Set-Cookie, which cannot be joined. */
  readonly #values = new Map<string, string>();
  #cookies: string[] | undefined;
  #transit = NONE;
  #isFixed = false;
  /** All in order, as long as nothing is changed: who iterates asks for it at each step. */
  #list: readonly (readonly [string, string])[] | undefined;

  static {
    listOf = (headers) => headers.#all();
    isFixed = (headers) => headers.#isFixed;
    setFixed = (headers, isFixed) => {
      headers.#isFixed = isFixed;
    };
    isOwnHeaders = (value): value is Headers => typeof value === 'object' && value !== null && #transit in value;
    transitOf = (headers) => headers.#transit;
    setTransit = (headers, names) => {
      headers.#transit = names;
    };
  }

  constructor(init?: HeadersLike) {
    if (init === undefined) return;
    if ((typeof init !== 'object' && typeof init !== 'function') || init === null)
      throw new TypeError('Headers takes pairs or an object of strings');
    const transit = #transit in init ? init.#transit : (transitOfNodes.get(init) ?? NONE);
    for (const [name, value] of pairsOf(init)) this.append(name, value);
    this.#transit = transit;
  }

  append(name: string, value: string): void {
    if (arguments.length < 2) throw new TypeError(NO_ARGUMENT);
    const key = lowerName(name);
    const text = cleanValue(name, value);
    this.#change();
    if (key === COOKIE) {
      this.#cookies ??= [];
      this.#cookies.push(text);
      return;
    }
    const before = this.#values.get(key);
    this.#values.set(key, before === undefined ? text : `${before}${key === 'cookie' ? '; ' : ', '}${text}`);
  }

  set(name: string, value: string): void {
    if (arguments.length < 2) throw new TypeError(NO_ARGUMENT);
    const key = lowerName(name);
    const text = cleanValue(name, value);
    this.#change();
    if (key === COOKIE) this.#cookies = [text];
    else {
      this.#values.set(key, text);
      if (this.#transit.has(key)) this.#transit = new Set([...this.#transit].filter((one) => one !== key));
    }
  }

  delete(name: string): void {
    if (arguments.length < 1) throw new TypeError(NO_ARGUMENT);
    const key = lowerName(name);
    this.#change();
    if (key === COOKIE) this.#cookies = undefined;
    else this.#values.delete(key);
  }

  has(name: string): boolean {
    if (arguments.length < 1) throw new TypeError(NO_ARGUMENT);
    const key = lowerName(name);
    return key === COOKIE ? this.#cookies !== undefined : this.#values.has(key);
  }

  get(name: string): string | null {
    if (arguments.length < 1) throw new TypeError(NO_ARGUMENT);
    const key = lowerName(name);
    return (key === COOKIE ? this.#cookies?.join(', ') : this.#values.get(key)) ?? null;
  }

  getSetCookie(): string[] {
    return this.#cookies?.slice() ?? [];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('forEach needs a function');
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }

  /** Sorted by name; each Set-Cookie by itself, all else joined. Sees what is changed meanwhile, as the others do. */
  entries(): HeadersIterator<[string, string]> {
    return new HeadersIterator(
      () => this.#all(),
      ([name, value]) => [name, value],
    );
  }

  keys(): HeadersIterator<string> {
    return new HeadersIterator(
      () => this.#all(),
      ([name]) => name,
    );
  }

  values(): HeadersIterator<string> {
    return new HeadersIterator(
      () => this.#all(),
      ([, value]) => value,
    );
  }

  declare [Symbol.iterator]: () => HeadersIterator<[string, string]>;

  /** @throws TypeError where nothing may be changed. */
  #change(): void {
    if (this.#isFixed) throw new TypeError('these headers cannot be changed; a copy can: new Headers(headers)');
    this.#list = undefined;
  }

  #all(): readonly (readonly [string, string])[] {
    this.#list ??= this.#sorted();
    return this.#list;
  }

  #sorted(): [string, string][] {
    const list = [...this.#values];
    for (const cookie of this.#cookies ?? []) list.push([COOKIE, cookie]);
    return list.length < 2 ? list : list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  [util.inspect.custom](_depth: number, options: object): string {
    return `Headers ${util.inspect(Object.fromEntries(this), options)}`;
  }
}

makeEnumerable(Headers.prototype);
Object.defineProperty(Headers.prototype, Symbol.iterator, {
  configurable: true,
  writable: true,
  value: Headers.prototype.entries,
});

function pairsOf(init: Exclude<HeadersLike, undefined>): (readonly [string, string])[] {
  if (Symbol.iterator in init) return Array.from(init, pairOf);
  const symbols = Object.getOwnPropertySymbols(init);
  if (symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(init, symbol))) {
    throw new TypeError('a symbol is no header name');
  }
  return Object.entries(init);
}

function pairOf(given: Iterable<string>): readonly [string, string] {
  const pair: readonly string[] = typeof given === 'object' ? [...given] : [];
  if (pair.length !== 2) throw new TypeError('each header must be a pair of name and value');
  return pair as unknown as readonly [string, string];
}

function lowerName(name: string): string {
  const text = `${name}`;
  if (!TOKEN.test(text)) throw new TypeError(`${JSON.stringify(text)} is no header name`);
  return text.toLowerCase();
}

function cleanValue(name: string, value: string): string {
  const given = `${value}`;
  const text = isSpaced(given) ? given.replace(OUTER_SPACE, '') : given;
  if (NO_VALUE.test(text)) throw new TypeError(`the value of header ${name} has a character that no header may have`);
  return text;
}

/** Whether it may begin or end with white space: looking costs less than cutting nothing off. */
function isSpaced(text: string): boolean {
  return text.charCodeAt(0) <= 0x20 || text.charCodeAt(text.length - 1) <= 0x20;
}
