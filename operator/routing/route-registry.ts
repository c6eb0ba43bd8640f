import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { functionAtShortHost } from '#api/rules/host-template.ts';
import { type AcceptedRoute, type Route, routeKey } from '#api/rules/route.ts';
import { MOST_RELEASED, RELEASE_MS, type ReleasedHost, remembered } from '../function/released-hosts.ts';

/** One function's part of the registry. */
interface Entry {
  uid: string;
  namespace: string;
  /** A list takes a tenth of a map's memory, and there is mostly one. */
  held: readonly AcceptedRoute[];
  /** Hosts, or keys of routes, that it is looked at again for when they are free; mostly none. */
  waits: Set<string> | undefined;
}

/** Context of one change: its time, and the set it adds functions to whose routes may be decided otherwise now. */
export interface RouteChange {
  nowMs: number;
  affected: Set<string>;
}

/** A prefix of a host, and the key of the function that has it. */
interface Holding {
  pathPrefix: string;
  key: string;
}

/**
 * Who has which route, who waits for one, and which hosts are kept for a namespace that let them go. Functions are named
 * by their key. Every step costs what is changed, however many functions there are.
 */
export class RouteRegistry {
  /** Hosts that no function has. */
  readonly released = new Map<string, ReleasedHost>();
  /** Whether a host that is let go of is kept for its namespace. */
  readonly #isKept: (host: string) => boolean;
  readonly #onReleased: () => void;
  readonly #entries = new Map<string, Entry>();
  /** By host. One prefix at the most hosts; a map of prefixes where there are more. */
  readonly #hosts = new Map<string, Holding | Map<string, string>>();
  readonly #waiting = new Map<string, Set<string>>();

  constructor(options: { isKept: (host: string) => boolean; onReleased: () => void }) {
    this.#isKept = options.isKept;
    this.#onReleased = options.onReleased;
  }

  /** A function that has the host, all of it or in part; undefined: none has. */
  holderOf(host: string): string | undefined {
    return this.holdersOf(host)[Symbol.iterator]().next().value;
  }

  holderAt({ host, pathPrefix }: { host: string; pathPrefix: string }): string | undefined {
    const held = this.#hosts.get(host);
    if (held instanceof Map) return held.get(pathPrefix);
    return held?.pathPrefix === pathPrefix ? held.key : undefined;
  }

  holdersOf(host: string): Iterable<string> {
    const held = this.#hosts.get(host);
    if (held instanceof Map) return held.values();
    return held === undefined ? [] : [held.key];
  }

  heldBy(key: string): readonly AcceptedRoute[] {
    return this.#entries.get(key)?.held ?? [];
  }

  /** As the function has it; undefined: it has not. */
  heldAs(key: string, route: Route): AcceptedRoute | undefined {
    return this.heldBy(key).find((held) => isSameRoute(held, route));
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
    const { host, pathPrefix } = route;
    const held = this.#hosts.get(host);
    if (held instanceof Map) held.set(pathPrefix, key);
    else if (held === undefined || held.pathPrefix === pathPrefix) this.#hosts.set(host, { pathPrefix, key });
    else this.#hosts.set(host, new Map([held, { pathPrefix, key }].map((one) => [one.pathPrefix, one.key])));
    const entry = this.#entryOf(fn, key);
    entry.held = [...entry.held.filter((other) => !isSameRoute(other, route)), route];
    this.released.delete(host);
    if (affected !== undefined) noteShortHost(host, affected);
  }

  release(key: string, route: AcceptedRoute, { nowMs, affected }: RouteChange): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.held = entry.held.filter((other) => !isSameRoute(other, route)).slice();
    if (entry === undefined || this.holderAt(route) !== key) return;
    for (const other of this.waitingFor(routeKey(route))) affected.add(other);
    const held = this.#hosts.get(route.host);
    if (held instanceof Map) held.delete(route.pathPrefix);
    if (held instanceof Map && held.size > 0) return;
    this.#hosts.delete(route.host);
    for (const other of this.waitingFor(route.host)) affected.add(other);
    noteShortHost(route.host, affected);
    this.keep(route.host, entry.namespace, nowMs);
  }

  /** All that the function has and waits for. */
  drop(key: string, change: RouteChange): void {
    this.stopWaiting(key);
    for (const route of this.heldBy(key)) this.release(key, route, change);
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
    const entry = this.#entryOf(fn, key);
    entry.waits ??= new Set();
    entry.waits.add(what);
  }

  stopWaiting(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.waits === undefined) return;
    for (const what of entry.waits) {
      const waiting = this.#waiting.get(what);
      waiting?.delete(key);
      if (waiting?.size === 0) this.#waiting.delete(what);
    }
    entry.waits = undefined;
  }

  #entryOf({ metadata: { namespace, uid } }: FunctionObject, key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { uid, namespace, held: [], waits: undefined };
    this.#entries.set(key, entry);
    return entry;
  }
}

function isSameRoute(a: Route, b: Route): boolean {
  return a.host === b.host && a.pathPrefix === b.pathPrefix;
}

/** The function whose name inside the cluster this is, if there is one. */
function noteShortHost(host: string, affected: Set<string>): void {
  const short = functionAtShortHost(host);
  if (short !== undefined) affected.add(functionKey(short.namespace, short.name));
}
