import { INTERNAL_PREFIX, PATH_ROUTE_PREFIX } from '#api/names.ts';
import { clusterSuffixes, type HostTemplate } from '#api/rules/host-template.ts';
import { HostRoutes, isSame, type RouteEntry } from './host-routes.ts';
import { type InvocationPath, invocationAt } from './invocation-path.ts';

export type { RouteEntry } from './host-routes.ts';

export type Route<T> =
  | {
      kind: 'function';
      target: T;
      /** Path and query as the function gets them. */
      path: string;
      /** What of the path that was asked for led to the function, without a slash at its end; empty: the host alone did. */
      base: string;
      /** The path is for the gateway, which knows how the function's invocations go. */
      invocation?: InvocationPath;
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
    if (own !== undefined) return toFunction(own.target, path, '', '');
    if (path.startsWith(PATH_ROUTE_PREFIX)) return this.#byPath(path);
    const routes = this.#hosts.get(host);
    const match = routes?.find(path);
    if (match !== undefined) {
      const base = match.pathPrefix === '/' ? '' : match.pathPrefix;
      return toFunction(match.entry.target, path, base, base);
    }
    const short = this.#functions.get(this.#withoutSuffix(host));
    if (short === undefined || routes?.isForeignTo(short.namespace)) return NONE;
    return toFunction(short.target, path, '', '');
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
    return toFunction(found.target, rest.startsWith('/') ? rest : `/${rest}`, path.slice(0, nameEnd), '');
  }
}

/**
 * Catnap's own paths in a replica are hidden from callers.
 * @param base what of the path that was asked for led here
 * @param prefix the same, where the function gets it
 */
function toFunction<T>(target: T, path: string, base: string, prefix: string): Route<T> {
  if (!SUSPICIOUS.test(path)) return { kind: 'function', target, path, base };
  const invocation = invocationAt(path, prefix);
  if (invocation !== undefined) return { kind: 'function', target, path, base, invocation };
  return isInternal(path) ? { kind: 'none', owner: target } : { kind: 'function', target, path, base };
}

/** Cheap first test for Catnap’s own paths in any spelling: the name, or an escape that may stand for a part of it. */
const SUSPICIOUS = /catnap|%[2567]/i;

/** Whether a replica may take the path for one of Catnap's own, which never come from outside. @param path with or without a query */
export function isInternalPath(path: string): boolean {
  return SUSPICIOUS.test(path) && isInternal(path);
}

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

function endOfSegment(path: string, from: number): number {
  let end = from;
  while (end < path.length && path[end] !== '/' && path[end] !== '?') end += 1;
  return end;
}
