import { functionKey } from '#api/rules/function-key.ts';
import type { AcceptedRoute } from '#api/rules/route.ts';

/** A function, as far as routing is concerned. */
export interface RouteEntry<T> {
  namespace: string;
  name: string;
  /** While a route moves from one function to another both may have it for a moment; the one accepted first gets the requests. */
  routes: readonly AcceptedRoute[];
  target: T;
}

/** A function has this prefix of a host. */
export interface Claim<T> {
  readonly entry: RouteEntry<T>;
  readonly pathPrefix: string;
  readonly since: string;
}

/** Of one prefix, the oldest first; that one gets the requests. */
type Claims<T> = readonly Claim<T>[];

/** The accepted routes at one host: most hosts have one prefix, for which maps would take many times its memory. */
export class HostRoutes<T> {
  #prefix: string | undefined;
  #claims: Claims<T> = [];
  /** From the second prefix on. */
  #prefixes: Prefixes<T> | undefined;

  get isEmpty(): boolean {
    return this.#prefix === undefined && (this.#prefixes?.byPrefix.size ?? 0) === 0;
  }

  /** Whether the host belongs to another namespace. */
  isForeignTo(namespace: string): boolean {
    const claims = this.#prefixes === undefined ? this.#claims : this.#prefixes.byPrefix.values().next().value;
    return claims?.[0]?.entry.namespace !== namespace;
  }

  add(entry: RouteEntry<T>, { pathPrefix, since }: AcceptedRoute): void {
    this.#set(pathPrefix, [...this.#at(pathPrefix), { entry, pathPrefix, since }].sort(byClaim));
  }

  remove(entry: RouteEntry<T>, { pathPrefix }: AcceptedRoute): void {
    const before = this.#at(pathPrefix);
    const left = before.filter((claim) => !isSame(claim.entry, entry));
    if (left.length < before.length) this.#set(pathPrefix, left.slice());
  }

  find(path: string): Claim<T> | undefined {
    if (this.#prefixes !== undefined) return this.#prefixes.find(path);
    const prefix = this.#prefix;
    return prefix !== undefined && path.startsWith(prefix) && isEnd(path, prefix.length) ? this.#claims[0] : undefined;
  }

  #at(prefix: string): Claims<T> {
    if (this.#prefixes !== undefined) return this.#prefixes.byPrefix.get(prefix) ?? [];
    return prefix === this.#prefix ? this.#claims : [];
  }

  #set(prefix: string, claims: Claims<T>): void {
    if (this.#prefixes === undefined && this.#prefix !== undefined && this.#prefix !== prefix) {
      this.#prefixes = new Prefixes<T>();
      this.#prefixes.set(this.#prefix, this.#claims);
    }
    if (this.#prefixes !== undefined) {
      this.#prefixes.set(prefix, claims);
      return;
    }
    this.#prefix = claims.length > 0 ? prefix : undefined;
    this.#claims = claims;
  }
}

/** Many prefixes of one host. */
class Prefixes<T> {
  readonly byPrefix = new Map<string, Claims<T>>();
  /** How many prefixes there are of each length. */
  readonly #count = new Map<number, number>();
  /** The longest first: a path is cut to each of these and looked up. */
  #lengths: readonly number[] = [];

  /** @param claims empty: there is no such prefix any more. */
  set(prefix: string, claims: Claims<T>): void {
    const isThere = this.byPrefix.has(prefix);
    if (claims.length > 0) this.byPrefix.set(prefix, claims);
    else this.byPrefix.delete(prefix);
    if (claims.length > 0 !== isThere) this.#counted(prefix.length, isThere ? -1 : 1);
  }

  find(path: string): Claim<T> | undefined {
    for (const length of this.#lengths) {
      if (!isEnd(path, length)) continue;
      const claims = this.byPrefix.get(path.slice(0, length));
      if (claims !== undefined) return claims[0];
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

export function isSame<T>(a: RouteEntry<T> | undefined, b: RouteEntry<T>): boolean {
  return a?.namespace === b.namespace && a.name === b.name;
}

function byClaim<T>(a: Claim<T>, b: Claim<T>): number {
  return claimOrder(a) < claimOrder(b) ? -1 : 1;
}

function claimOrder<T>({ entry, since }: Claim<T>): string {
  return `${since} ${functionKey(entry.namespace, entry.name)}`;
}

/** Whether a prefix may end at `length`: `/a` is above `/a/b`, not above `/ab`; `/` is above all. */
function isEnd(path: string, length: number): boolean {
  if (length >= path.length) return length === path.length;
  const next = path[length];
  return next === '/' || next === '?' || length === 1;
}
