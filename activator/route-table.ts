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

interface PrefixRoute<T> {
  prefix: string;
  target: T;
}

const NONE = { kind: 'none' } as const;

/**
 * Which function a host and path belong to. Immutable: a change makes a new table. A lookup costs the same for ten
 * functions and for ten thousand.
 */
export class RouteTable<T> {
  /** By `<name>.<namespace>`. */
  readonly #functions = new Map<string, T>();
  /** By host; the longest prefix first. */
  readonly #hosts = new Map<string, PrefixRoute<T>[]>();
  /** With the leading dot, the longest first. */
  readonly #suffixes: readonly string[];

  /**
   * @param domain functions are at `<name>.<namespace>.<domain>`
   * @param clusterDomain of the cluster's DNS, usually `cluster.local`
   */
  constructor(entries: Iterable<RouteEntry<T>>, domain: string, clusterDomain: string) {
    this.#suffixes = [`.${domain}`, `.svc.${clusterDomain}`, '.svc'].sort((a, b) => b.length - a.length);
    const extra: { entry: RouteEntry<T>; host: string; prefix: string }[] = [];
    for (const entry of entries) {
      this.#functions.set(`${entry.name}.${entry.namespace}`, entry.target);
      for (const { host, pathPrefix } of entry.routes)
        extra.push({ entry, host: host.toLowerCase(), prefix: pathPrefix });
    }
    extra.sort((a, b) => b.prefix.length - a.prefix.length || byAge(a.entry, b.entry));
    for (const { entry, host, prefix } of extra) {
      const list = this.#hosts.get(host);
      if (list === undefined) this.#hosts.set(host, [{ prefix, target: entry.target }]);
      else if (!list.some((other) => other.prefix === prefix)) list.push({ prefix, target: entry.target });
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
    const prefixes = this.#hosts.get(host);
    if (prefixes !== undefined) {
      const match = prefixes.find(({ prefix }) => isBelow(path, prefix));
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

function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  if (prefix.endsWith('/') || path.length === prefix.length) return true;
  const next = path[prefix.length];
  return next === '/' || next === '?';
}

function endOfSegment(path: string, from: number): number {
  let end = from;
  while (end < path.length && path[end] !== '/' && path[end] !== '?') end += 1;
  return end;
}
