import type { FunctionObject } from '#api/function.ts';
import type { RouteStatus } from '#api/function-status.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { HostPolicy, Refusal } from '#api/rules/host-owner.ts';
import { functionAtShortHost } from '#api/rules/host-template.ts';
import { normalRoute, prefixMistake, type Route, routeKey } from '#api/rules/route.ts';
import { type RouteChange, RouteRegistry } from './route-registry.ts';

/** Decisions on the routes of one function. */
export interface RouteDecision extends RouteChange {
  /** As they go into the status, in the order of the spec. */
  routes: RouteStatus[];
  /** The first route that does not lead to it, else an address of its own that another function has; absent: none. */
  problem: Refusal | undefined;
  /** Functions that have what it was refused, to be told of it; of each host seldom. */
  contested: { holder: string; message: string }[];
  /** When a host that it waits for is free, in milliseconds from now; undefined: it waits for none. */
  againInMs: number | undefined;
}

interface RouteClaimsOptions {
  policy: HostPolicy;
  /** Functions that are there. */
  find: (namespace: string, name: string) => FunctionObject | undefined;
  /** A host was let go of: it is in `released`. */
  onReleased: () => void;
}

/** Rate limit: a holder gets one Event in this time about another function that asks for its host. */
const TELL_AGAIN_MS = 60 * 60 * 1000;
/** Most hosts that the rate limit remembers. */
const MOST_TOLD = 1_000;

/**
 * Which function has which route: host and prefix belong to the one whose claim was accepted first, the whole host to its
 * namespace, and to that for a day after the last claim is gone. Decides one function at a time, so that of two that ask
 * at once one is first.
 */
export class RouteClaims {
  readonly #policy: HostPolicy;
  readonly #find: RouteClaimsOptions['find'];
  readonly #registry: RouteRegistry;
  readonly #toldAtMs = new Map<string, number>();

  constructor({ policy, find, onReleased }: RouteClaimsOptions) {
    this.#policy = policy;
    this.#find = find;
    // What belongs to one namespace by its form needs no keeping.
    this.#registry = new RouteRegistry({ isKept: (host) => policy.homeOf(host) === undefined, onReleased });
  }

  /** Hosts that are kept for the namespace that let them go. */
  get released(): RouteRegistry['released'] {
    return this.#registry.released;
  }

  /** Takes over what its status says was accepted, as far as no function restored before has it. */
  restore(fn: FunctionObject): void {
    for (const { host, pathPrefix, accepted, since } of fn.status?.routes ?? []) {
      if (!accepted || since === undefined || this.#registry.holderAt({ host, pathPrefix }) !== undefined) continue;
      if (this.#foreigner(host, fn.metadata.namespace) === undefined)
        this.#registry.take(fn, { host, pathPrefix, since });
    }
  }

  /** Decides on all that the function asks for now. What it no longer asks for, or may no longer have, is free. */
  decide(fn: FunctionObject, nowMs: number): RouteDecision {
    const key = keyOf(fn);
    const decision: RouteDecision = {
      routes: [],
      problem: undefined,
      contested: [],
      againInMs: undefined,
      affected: new Set(),
      nowMs,
    };
    const uid = this.#registry.uidOf(key);
    if (uid !== undefined && uid !== fn.metadata.uid) this.#registry.drop(key, decision);
    this.#registry.stopWaiting(key);
    const wanted = this.#wantedBy(fn);
    for (const held of this.#registry.heldBy(key)) {
      if (!wanted.has(routeKey(held))) this.#registry.release(key, held, decision);
    }
    for (const route of wanted.values()) this.#decideOn(fn, route, decision);
    decision.problem ??= this.#shortHostProblem(fn);
    decision.affected.delete(key);
    return decision;
  }

  /** The function is gone, or going: its routes are free, its hosts stay with its namespace for a day. */
  forget(fn: FunctionObject, nowMs: number): Set<string> {
    const change = { nowMs, affected: new Set<string>() };
    const uid = this.#registry.uidOf(keyOf(fn));
    if (uid === fn.metadata.uid) this.#registry.drop(keyOf(fn), change);
    if (uid !== undefined) return change.affected;
    // This operator stood by until now, and knows of it from its status alone.
    for (const { host, accepted } of fn.status?.routes ?? []) {
      if (accepted && !this.released.has(host)) this.#registry.keep(host, fn.metadata.namespace, nowMs);
    }
    return change.affected;
  }

  /** Functions that have, or wait for, a host that a function has come to have without asking, or has no more. */
  concernedBy(host: string): string[] {
    return [...this.#registry.holdersOf(host), ...this.#registry.waitingFor(host)];
  }

  /** Each route once. Where several functions could have its default host, that has to be accepted too. */
  #wantedBy(fn: FunctionObject): Map<string, Route> {
    const { template } = this.#policy.rules;
    const own = template.ambiguous ? template.hostOf(fn.metadata) : undefined;
    const all = [...(own === undefined ? [] : [{ host: own }]), ...(fn.spec.routes ?? [])];
    return new Map(all.map((route) => [routeKey(route), normalRoute(route)]));
  }

  #decideOn(fn: FunctionObject, route: Route, decision: RouteDecision): void {
    const key = keyOf(fn);
    const held = this.#registry.heldAs(key, route);
    const refusal = this.#refusal(fn, route, decision);
    if (refusal !== undefined) {
      if (held !== undefined) this.#registry.release(key, held, decision);
      decision.problem ??= refusal;
      decision.routes.push({ ...route, accepted: false, ...refusal });
      return;
    }
    const { since } = held ?? { since: new Date(decision.nowMs).toISOString() };
    if (held === undefined) this.#registry.take(fn, { ...route, since }, decision.affected);
    decision.routes.push({ ...route, accepted: true, since });
  }

  #refusal(fn: FunctionObject, route: Route, decision: RouteDecision): Refusal | undefined {
    const { namespace } = fn.metadata;
    const mistake = prefixMistake(route.pathPrefix);
    if (mistake !== undefined) return { reason: 'InvalidRoute', message: `${textOf(route)} ${mistake}` };
    const isOwn = this.#policy.rules.template.hostOf(fn.metadata) === route.host;
    const refused = isOwn
      ? undefined
      : (this.#policy.refusal(route.host, namespace) ?? this.#addressOfAnother(fn, route));
    if (refused !== undefined) {
      this.#registry.wait(fn, route.host);
      return refused;
    }
    const foreigner = this.#foreigner(route.host, namespace);
    const holder = foreigner ?? this.#registry.holderAt(route);
    if (holder === undefined || holder === keyOf(fn)) return this.#keptForAnother(fn, route.host, decision);
    this.#registry.wait(fn, foreigner === undefined ? routeKey(route) : route.host);
    this.#contest(fn, route, { holder, decision });
    return belongsTo(textOf(route), holder);
  }

  /** Another function has the host without asking, or had it before this one asked. */
  #addressOfAnother(fn: FunctionObject, route: Route): Refusal | undefined {
    const owner = this.#policy.rules.template
      .functionsAt(route.host)
      .find((one) => this.#find(one.namespace, one.name));
    if (owner !== undefined) return belongsTo(textOf(route), functionKey(owner.namespace, owner.name));
    const short = functionAtShortHost(route.host);
    const other = short && this.#find(short.namespace, short.name);
    if (other === undefined || other.metadata.namespace === fn.metadata.namespace) return undefined;
    if (this.#policy.ownersOf(route.host) !== undefined || this.#registry.heldAs(keyOf(fn), route) !== undefined) {
      return undefined;
    }
    // A function that is new itself has asked since it was made, one that is changed asks now.
    const isNew = fn.status?.observedGeneration === undefined;
    return isNew && ageOf(fn) < ageOf(other) ? undefined : belongsTo(textOf(route), keyOf(other));
  }

  /** A function of another namespace that has the host, unless the administrator gave it to this one as well. */
  #foreigner(host: string, namespace: string): string | undefined {
    const holder = this.#registry.holderOf(host);
    if (holder === undefined || holder.startsWith(`${namespace}/`)) return undefined;
    return this.#policy.ownersOf(host)?.includes(namespace) ? undefined : holder;
  }

  #keptForAnother(fn: FunctionObject, host: string, decision: RouteDecision): Refusal | undefined {
    const kept = this.released.get(host);
    if (kept === undefined || kept.namespace === fn.metadata.namespace) return undefined;
    const inMs = kept.untilMs - decision.nowMs;
    if (inMs <= 0 || this.#policy.ownersOf(host) !== undefined) return undefined;
    decision.againInMs = Math.min(decision.againInMs ?? inMs, inMs);
    const until = new Date(kept.untilMs).toISOString();
    const message = `${host} is kept until ${until} for namespace ${kept.namespace}, which let it go`;
    return { reason: 'RouteConflict', message };
  }

  /** Its name inside the cluster was another function's route before it was made. */
  #shortHostProblem({ metadata: { namespace, name } }: FunctionObject): Refusal | undefined {
    const host = `${name}.${namespace}`;
    const holder = this.#foreigner(host, namespace);
    if (holder === undefined) return undefined;
    const message = `${host} is a route of Function ${holder}; inside the cluster this one answers at ${host}.svc`;
    return { reason: 'RouteConflict', message };
  }

  #contest(fn: FunctionObject, route: Route, { holder, decision }: { holder: string; decision: RouteDecision }): void {
    const toldAtMs = this.#toldAtMs.get(route.host);
    if (toldAtMs !== undefined && decision.nowMs - toldAtMs < TELL_AGAIN_MS) return;
    if (this.#toldAtMs.size >= MOST_TOLD) this.#toldAtMs.clear();
    this.#toldAtMs.set(route.host, decision.nowMs);
    const message = `Function ${keyOf(fn)} asks for ${textOf(route)} too, and does not get it`;
    decision.contested.push({ holder, message });
  }
}

const keyOf = ({ metadata: { namespace, name } }: FunctionObject): string => functionKey(namespace, name);

const textOf = ({ host, pathPrefix }: Route): string => `${host}${pathPrefix}`;

/** Of two functions the one that was made first has the smaller. */
const ageOf = (fn: FunctionObject): string => `${new Date(fn.metadata.creationTimestamp).toISOString()} ${keyOf(fn)}`;

function belongsTo(address: string, holder: string): Refusal {
  const message = `${address} belongs to Function ${holder}; take the route out of spec.routes of one of the two`;
  return { reason: 'RouteConflict', message };
}
