import { INTERNAL_PREFIX, PATH_ROUTE_PREFIX } from '#api/names.ts';

/** A function, as far as routing is concerned. */
export interface RouteEntry<T> {
  namespace: string;
  name: string;
  /** RFC 3339; where two functions ask for the same host and prefix, the older has it. */
  createdAt: string;
  routes: readonly { host: string; pathPrefix: string }[];
  target: T;
}

export type Route<T> =
  | {
      kind: 'function';
      target: T;
      /** Path and query as the function gets them. */
      path: string;
    }
  | {
      kind: 'none';
      /** The function whose host this is, where the path is one that never reaches it. */
      owner?: T;
    };

const NONE = { kind: 'none' } as const;

/**
 * Which function a host and path belong to. A change costs as much as the changed function has routes, and a lookup the
 * same, for ten functions and for ten thousand.
 */
export class RouteTable<T> {
  /** By `<name>.<namespace>`. */
  readonly #functions = new Map<string, T>();
  readonly #hosts = new Map<string, HostRoutes<T>>();
  /** With the leading dot, the longest first. */
  readonly #suffixes: readonly string[];

  /**
   * @param domain functions are at `<name>.<namespace>.<domain>`
   * @param clusterDomain of the cluster's DNS, usually `cluster.local`
   */
  constructor(entries: Iterable<RouteEntry<T>>, domain: string, clusterDomain: string) {
    this.#suffixes = [`.${domain}`, `.svc.${clusterDomain}`, '.svc'].sort((a, b) => b.length - a.length);
    for (const entry of entries) this.add(entry);
  }

  /** Of a function that is not there yet. */
  add(entry: RouteEntry<T>): void {
    this.#functions.set(`${entry.name}.${entry.namespace}`, entry.target);
    for (const { host, pathPrefix } of entry.routes) {
      const name = host.toLowerCase();
      const routes = this.#hosts.get(name) ?? new HostRoutes<T>();
      this.#hosts.set(name, routes);
      routes.add(entry, pathPrefix);
    }
  }

  /** What was added of a function, by the same or an equal entry; others that asked for the same get it. */
  remove(entry: RouteEntry<T>): void {
    this.#functions.delete(`${entry.name}.${entry.namespace}`);
    for (const { host, pathPrefix } of entry.routes) {
      const name = host.toLowerCase();
      const routes = this.#hosts.get(name);
      routes?.remove(entry, pathPrefix);
      if (routes?.isEmpty) this.#hosts.delete(name);
    }
  }

  /**
   * @param authority the Host header, with or without a port, in any case
   * @param path path and query, beginning with a slash
   */
  lookup(authority: string, path: string): Route<T> {
    const host = hostOf(authority);
    const own = this.#functions.get(this.#withoutSuffix(host));
    if (own !== undefined) return toFunction(own, path);
    const routes = this.#hosts.get(host);
    if (routes !== undefined) {
      const match = routes.find(path);
      return match === undefined ? NONE : toFunction(match.target, path);
    }
    return path.startsWith(PATH_ROUTE_PREFIX) ? this.#byPath(path) : NONE;
  }

  #withoutSuffix(host: string): string {
    for (const suffix of this.#suffixes) if (host.endsWith(suffix)) return host.slice(0, -suffix.length);
    return host;
  }

  #byPath(path: string): Route<T> {
    const namespaceEnd = path.indexOf('/', PATH_ROUTE_PREFIX.length);
    if (namespaceEnd === -1) return NONE;
    const nameEnd = endOfSegment(path, namespaceEnd + 1);
    const namespace = path.slice(PATH_ROUTE_PREFIX.length, namespaceEnd);
    const target = this.#functions.get(`${path.slice(namespaceEnd + 1, nameEnd)}.${namespace}`);
    if (target === undefined) return NONE;
    const rest = path.slice(nameEnd);
    return toFunction(target, rest.startsWith('/') ? rest : `/${rest}`);
  }
}

/** What functions ask for on one host. */
class HostRoutes<T> {
  /** By prefix, the oldest function first: it has the prefix. */
  readonly #byPrefix = new Map<string, RouteEntry<T>[]>();
  /** How many prefixes there are of each length. */
  readonly #count = new Map<number, number>();
  /** The longest first: a path is cut to each of these and looked up. */
  #lengths: readonly number[] = [];

  get isEmpty(): boolean {
    return this.#byPrefix.size === 0;
  }

  add(entry: RouteEntry<T>, prefix: string): void {
    const entries = this.#byPrefix.get(prefix);
    if (entries === undefined) {
      this.#byPrefix.set(prefix, [entry]);
      this.#counted(prefix.length, 1);
    } else {
      const at = entries.findIndex((other) => byAge(entry, other) < 0);
      entries.splice(at === -1 ? entries.length : at, 0, entry);
    }
  }

  remove({ namespace, name }: RouteEntry<T>, prefix: string): void {
    const entries = this.#byPrefix.get(prefix);
    const at = entries?.findIndex((other) => other.namespace === namespace && other.name === name) ?? -1;
    if (entries === undefined || at === -1) return;
    entries.splice(at, 1);
    if (entries.length > 0) return;
    this.#byPrefix.delete(prefix);
    this.#counted(prefix.length, -1);
  }

  find(path: string): RouteEntry<T> | undefined {
    for (const length of this.#lengths) {
      if (!isEnd(path, length)) continue;
      const entries = this.#byPrefix.get(path.slice(0, length));
      if (entries !== undefined) return entries[0];
    }
    return undefined;
  }

  #counted(length: number, change: 1 | -1): void {
    const count = (this.#count.get(length) ?? 0) + change;
    if (count === 0) this.#count.delete(length);
    else this.#count.set(length, count);
    if (count === 0 || (count === 1 && change === 1)) this.#lengths = [...this.#count.keys()].sort((a, b) => b - a);
  }
}

/** What is Catnap's own in a replica is not there for those outside. */
function toFunction<T>(target: T, path: string): Route<T> {
  return path.includes('catnap') && isInternal(path)
    ? { kind: 'none', owner: target }
    : { kind: 'function', target, path };
}

/** Also in spellings that a replica may read as the same path: `/x/../.catnap/`, `/%2ecatnap/`. */
function isInternal(path: string): boolean {
  const url = URL.parse(`http://host${path.replaceAll(/%2e/gi, '.')}`);
  return url === null || `${url.pathname}/`.startsWith(INTERNAL_PREFIX);
}

function byAge<T>(a: RouteEntry<T>, b: RouteEntry<T>): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}

/** `Hello.Default.localhost.:8080` → `hello.default.localhost` */
function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  // In `[::1]` the last colon is the address's own.
  const end = colon > authority.lastIndexOf(']') ? colon : authority.length;
  const host = authority.slice(0, authority[end - 1] === '.' ? end - 1 : end);
  return host.toLowerCase();
}

/** Whether a prefix may end at `length`: `/a` is above `/a/b`, not above `/ab`; `/a/` is above `/a/b`, not above `/a`. */
function isEnd(path: string, length: number): boolean {
  if (length >= path.length) return length === path.length;
  const next = path[length];
  return next === '/' || next === '?' || path[length - 1] === '/';
}

function endOfSegment(path: string, from: number): number {
  let end = from;
  while (end < path.length && path[end] !== '/' && path[end] !== '?') end += 1;
  return end;
}
