import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { functionAtShortHost } from '#api/rules/host-template.ts';
import { type AcceptedRoute, routeKey } from '#api/rules/route.ts';
import { MOST_RELEASED, RELEASE_MS, type ReleasedHost, remembered } from './function/released-hosts.ts';

/** One function's part of the book. */
interface Entry {
  uid: string;
  namespace: string;
  /** By routeKey. */
  held: Map<string, AcceptedRoute>;
  /** Hosts, or keys of routes, that it is looked at again for when they are free. */
  waits: Set<string>;
}

/** What a change of the book is told: when it is, and where it notes the functions that may be decided otherwise now. */
export interface Turn {
  nowMs: number;
  affected: Set<string>;
}

const NONE: ReadonlyMap<string, AcceptedRoute> = new Map();

/**
 * Who has which route, who waits for one, and which hosts are kept for a namespace that let them go. Functions are named
 * by their key. Every step costs what is changed, however many functions there are.
 */
export class RouteBook {
  /** Hosts that no function has. */
  readonly released = new Map<string, ReleasedHost>();
  /** Whether a host that is let go of is kept for its namespace. */
  readonly #isKept: (host: string) => boolean;
  readonly #onReleased: () => void;
  readonly #entries = new Map<string, Entry>();
  /** Host, prefix, key of the function that has it. */
  readonly #hosts = new Map<string, Map<string, string>>();
  readonly #waiting = new Map<string, Set<string>>();

  constructor(options: { isKept: (host: string) => boolean; onReleased: () => void }) {
    this.#isKept = options.isKept;
    this.#onReleased = options.onReleased;
  }

  /** A function that has the host, all of it or in part; undefined: none has. */
  holderOf(host: string): string | undefined {
    return this.#hosts.get(host)?.values().next().value;
  }

  holderAt({ host, pathPrefix }: { host: string; pathPrefix: string }): string | undefined {
    return this.#hosts.get(host)?.get(pathPrefix);
  }

  holdersOf(host: string): Iterable<string> {
    return this.#hosts.get(host)?.values() ?? [];
  }

  /** What the function has, by routeKey. */
  heldBy(key: string): ReadonlyMap<string, AcceptedRoute> {
    return this.#entries.get(key)?.held ?? NONE;
  }

  uidOf(key: string): string | undefined {
    return this.#entries.get(key)?.uid;
  }

  waitingFor(what: string): Iterable<string> {
    return this.#waiting.get(what) ?? [];
  }

  /** A route that no other function has. */
  take(fn: FunctionObject, route: AcceptedRoute, affected?: Set<string>): void {
    const key = functionKey(fn.metadata.namespace, fn.metadata.name);
    const prefixes = this.#hosts.get(route.host) ?? new Map<string, string>();
    this.#hosts.set(route.host, prefixes);
    prefixes.set(route.pathPrefix, key);
    this.#entryOf(fn, key).held.set(routeKey(route), route);
    this.released.delete(route.host);
    if (affected !== undefined) noteShortHost(route.host, affected);
  }

  release(key: string, route: AcceptedRoute, { nowMs, affected }: Turn): void {
    const entry = this.#entries.get(key);
    entry?.held.delete(routeKey(route));
    const prefixes = this.#hosts.get(route.host);
    if (entry === undefined || prefixes?.get(route.pathPrefix) !== key) return;
    prefixes.delete(route.pathPrefix);
    for (const other of this.waitingFor(routeKey(route))) affected.add(other);
    if (prefixes.size > 0) return;
    this.#hosts.delete(route.host);
    for (const other of this.waitingFor(route.host)) affected.add(other);
    noteShortHost(route.host, affected);
    this.keep(route.host, entry.namespace, nowMs);
  }

  /** All that the function has and waits for. */
  drop(key: string, turn: Turn): void {
    this.stopWaiting(key);
    for (const route of [...this.heldBy(key).values()]) this.release(key, route, turn);
    this.#entries.delete(key);
  }

  /** The host, which no function has any more, stays with the namespace for a day. */
  keep(host: string, namespace: string, nowMs: number): void {
    if (!this.#isKept(host) || this.#hosts.has(host)) return;
    this.released.set(host, { namespace, untilMs: nowMs + RELEASE_MS });
    if (this.released.size > MOST_RELEASED) this.#trim(nowMs);
    this.#onReleased();
  }

  #trim(nowMs: number): void {
    const kept = remembered(this.released, nowMs);
    for (const host of this.released.keys()) if (!kept.has(host)) this.released.delete(host);
  }

  /** @param what a host, or the key of a route */
  wait(fn: FunctionObject, what: string): void {
    const key = functionKey(fn.metadata.namespace, fn.metadata.name);
    const waiting = this.#waiting.get(what) ?? new Set<string>();
    this.#waiting.set(what, waiting);
    waiting.add(key);
    this.#entryOf(fn, key).waits.add(what);
  }

  stopWaiting(key: string): void {
    const waits = this.#entries.get(key)?.waits;
    for (const what of waits ?? []) {
      const waiting = this.#waiting.get(what);
      waiting?.delete(key);
      if (waiting?.size === 0) this.#waiting.delete(what);
    }
    waits?.clear();
  }

  #entryOf({ metadata: { namespace, uid } }: FunctionObject, key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { uid, namespace, held: new Map(), waits: new Set<string>() };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** The function whose name inside the cluster this is, if there is one. */
function noteShortHost(host: string, affected: Set<string>): void {
  const short = functionAtShortHost(host);
  if (short !== undefined) affected.add(functionKey(short.namespace, short.name));
}
