import { INTERNAL_PREFIX, PATH_ROUTE_PREFIX } from '#api/names.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { clusterSuffixes, type HostTemplate } from '#api/rules/host-template.ts';
import type { AcceptedRoute } from '#api/rules/route.ts';

/** A function, as far as routing is concerned. */
export interface RouteEntry<T> {
  namespace: string;
  name: string;
  /** Of two with the same route, which there are for a moment while it changes hands, the one accepted first has it. */
  routes: readonly AcceptedRoute[];
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
 * Which function a host and path belong to: hosts that functions have without asking, then `/fn/…` at every other host,
 * then accepted routes, then the names inside the cluster. A change costs as much as the changed function has routes, and
 * a lookup the same, for ten functions and for ten thousand.
 */
export class RouteTable<T> {
  /** By `<name>.<namespace>`. */
  readonly #functions = new Map<string, RouteEntry<T>>();
  /** By the host that the template makes. */
  readonly #defaultHosts = new Map<string, RouteEntry<T>>();
  readonly #hosts = new Map<string, HostRoutes<T>>();
  readonly #template: HostTemplate;
  readonly #suffixes: readonly string[];

  /** @param clusterDomain of the cluster's DNS, usually `cluster.local` */
  constructor(entries: Iterable<RouteEntry<T>>, template: HostTemplate, clusterDomain: string) {
    this.#template = template;
    this.#suffixes = clusterSuffixes(clusterDomain);
    for (const entry of entries) this.add(entry);
  }

  /** Of a function that is not there yet. */
  add(entry: RouteEntry<T>): void {
    this.#functions.set(`${entry.name}.${entry.namespace}`, entry);
    const own = this.#defaultHostOf(entry);
    if (own !== undefined) this.#defaultHosts.set(own, entry);
    for (const route of entry.routes) {
      const routes = this.#hosts.get(route.host) ?? new HostRoutes<T>();
      this.#hosts.set(route.host, routes);
      routes.add(entry, route);
    }
  }

  /** What was added of a function, by the same or an equal entry; others with the same routes get them. */
  remove(entry: RouteEntry<T>): void {
    this.#functions.delete(`${entry.name}.${entry.namespace}`);
    const own = this.#defaultHostOf(entry);
    if (own !== undefined && isSame(this.#defaultHosts.get(own), entry)) this.#defaultHosts.delete(own);
    for (const route of entry.routes) {
      const routes = this.#hosts.get(route.host);
      routes?.remove(entry, route);
      if (routes?.isEmpty) this.#hosts.delete(route.host);
    }
  }

  /**
   * @param authority the Host header, with or without a port, in any case
   * @param path path and query, beginning with a slash
   */
  lookup(authority: string, path: string): Route<T> {
    const host = hostOf(authority);
    const own = this.#defaultHosts.get(host);
    if (own !== undefined) return toFunction(own.target, path);
    if (path.startsWith(PATH_ROUTE_PREFIX)) return this.#byPath(path);
    const routes = this.#hosts.get(host);
    const match = routes?.find(path);
    if (match !== undefined) return toFunction(match.target, path);
    const short = this.#functions.get(this.#withoutSuffix(host));
    if (short === undefined || routes?.isForeignTo(short.namespace)) return NONE;
    return toFunction(short.target, path);
  }

  /** Where several functions could have the host, the one has it for which it was accepted. */
  #defaultHostOf(entry: RouteEntry<T>): string | undefined {
    const host = this.#template.hostOf(entry);
    if (!this.#template.ambiguous) return host;
    return entry.routes.some((route) => route.host === host && route.pathPrefix === '/') ? host : undefined;
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
    const found = this.#functions.get(`${path.slice(namespaceEnd + 1, nameEnd)}.${namespace}`);
    if (found === undefined) return NONE;
    const rest = path.slice(nameEnd);
    return toFunction(found.target, rest.startsWith('/') ? rest : `/${rest}`);
  }
}

/** The accepted routes at one host. */
class HostRoutes<T> {
  /** By prefix; the first one has it. */
  readonly #byPrefix = new Map<string, { entry: RouteEntry<T>; since: string }[]>();
  /** How many prefixes there are of each length. */
  readonly #count = new Map<number, number>();
  /** The longest first: a path is cut to each of these and looked up. */
  #lengths: readonly number[] = [];

  get isEmpty(): boolean {
    return this.#byPrefix.size === 0;
  }

  /** Whether the host belongs to another namespace. */
  isForeignTo(namespace: string): boolean {
    return this.#byPrefix.values().next().value?.[0]?.entry.namespace !== namespace;
  }

  add(entry: RouteEntry<T>, { pathPrefix, since }: AcceptedRoute): void {
    const claims = this.#byPrefix.get(pathPrefix) ?? [];
    if (claims.length === 0) {
      this.#byPrefix.set(pathPrefix, claims);
      this.#counted(pathPrefix.length, 1);
    }
    claims.push({ entry, since });
    claims.sort(byClaim);
  }

  remove(entry: RouteEntry<T>, { pathPrefix }: AcceptedRoute): void {
    const claims = this.#byPrefix.get(pathPrefix);
    const at = claims?.findIndex((claim) => isSame(claim.entry, entry)) ?? -1;
    if (claims === undefined || at === -1) return;
    claims.splice(at, 1);
    if (claims.length > 0) return;
    this.#byPrefix.delete(pathPrefix);
    this.#counted(pathPrefix.length, -1);
  }

  find(path: string): RouteEntry<T> | undefined {
    for (const length of this.#lengths) {
      if (!isEnd(path, length)) continue;
      const claims = this.#byPrefix.get(path.slice(0, length));
      if (claims !== undefined) return claims[0]?.entry;
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

function isSame<T>(a: RouteEntry<T> | undefined, b: RouteEntry<T>): boolean {
  return a?.namespace === b.namespace && a.name === b.name;
}

function byClaim<T>(a: { entry: RouteEntry<T>; since: string }, b: { entry: RouteEntry<T>; since: string }): number {
  return claimOrder(a) < claimOrder(b) ? -1 : 1;
}

function claimOrder<T>({ entry, since }: { entry: RouteEntry<T>; since: string }): string {
  return `${since} ${functionKey(entry.namespace, entry.name)}`;
}

/** What is Catnap's own in a replica is not there for those outside. */
function toFunction<T>(target: T, path: string): Route<T> {
  return SUSPICIOUS.test(path) && isInternal(path)
    ? { kind: 'none', owner: target }
    : { kind: 'function', target, path };
}

/** What a path has that is Catnap’s own, in any spelling: the name, or what may be a letter, a dot or a slash of it. */
const SUSPICIOUS = /catnap|%[2567]/i;

/** Also in spellings that a replica may read as the same path: `/x/../.catnap/`, `/%2ecatnap/`, `//.catnap;x/`. */
function isInternal(path: string): boolean {
  const decoded = path
    .replace(/\?.*/s, '')
    .replaceAll(/%([2-7][\da-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const segments: string[] = [];
  for (const segment of decoded.split(/[/\\]/)) {
    const name = segment.replace(/;.*/s, '');
    if (name === '..') segments.pop();
    else if (name !== '' && name !== '.') segments.push(name);
  }
  return `/${segments[0]}/` === INTERNAL_PREFIX;
}

/** `Hello.Default.localhost.:8080` → `hello.default.localhost` */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  // In `[::1]` the last colon is the address's own.
  const end = colon > authority.lastIndexOf(']') ? colon : authority.length;
  const host = authority.slice(0, authority[end - 1] === '.' ? end - 1 : end);
  return host.toLowerCase();
}

/** Whether a prefix may end at `length`: `/a` is above `/a/b`, not above `/ab`; `/` is above all. */
function isEnd(path: string, length: number): boolean {
  if (length >= path.length) return length === path.length;
  const next = path[length];
  return next === '/' || next === '?' || length === 1;
}

function endOfSegment(path: string, from: number): number {
  let end = from;
  while (end < path.length && path[end] !== '/' && path[end] !== '?') end += 1;
  return end;
}
