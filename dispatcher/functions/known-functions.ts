import type { AsyncCondition } from '#api/conditions.ts';
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import type { AsyncSpec } from '#api/function-async.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import type { Change } from '#platform/informer/object-cache.ts';
import type { Owner } from '../store/store.ts';
import { type AsyncPolicy, asyncPolicy } from './async-policy.ts';
import type { ToldFunction } from './condition-writer.ts';

/** What is kept in memory of a Function: who it is, how its work is delivered, and what is said of that. */
export interface KeptFunction {
  metadata: Pick<FunctionObject['metadata'], 'uid' | 'namespace' | 'name' | 'resourceVersion' | 'deletionTimestamp'>;
  spec: Pick<FunctionSpec, 'timeoutSeconds'> & { async?: AsyncSpec | undefined };
  /** Of its conditions only `Async`. */
  status?: Pick<FunctionStatus, 'conditions'> | undefined;
}

export function keepFunction({ metadata, spec, status }: FunctionObject): KeptFunction {
  const { uid, namespace, name, resourceVersion, deletionTimestamp } = metadata;
  const condition = conditionOf(status);
  return {
    metadata: { uid, namespace, name, resourceVersion, ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
    spec: { timeoutSeconds: spec?.timeoutSeconds, ...(spec?.async !== undefined && { async: spec.async }) },
    ...(condition && { status: { conditions: [condition] } }),
  };
}

/** Of one that was kept. */
export function toldFunction({ metadata, spec, status }: KeptFunction): ToldFunction {
  const { uid, namespace, name, resourceVersion } = metadata;
  const hasAsync = spec.async !== undefined && spec.async.mode !== 'Never';
  return { uid, namespace, name, resourceVersion, hasAsync, condition: conditionOf(status) };
}

function conditionOf(status: KeptFunction['status']): AsyncCondition | undefined {
  return status?.conditions?.find((one): one is AsyncCondition => one.type === 'Async');
}

/** Of those that are gone, as many uids are remembered. */
const MOST_GONE = 10_000;

/**
 * The Functions that there are, by uid. One that is being deleted is gone: it does not come back. How work was to be delivered is
 * remembered where a Function says no longer that it has any: what was accepted before is delivered so.
 */
export class KnownFunctions {
  readonly #functions = new Map<string, KeptFunction>();
  /** Of those that say how, or have said it. */
  readonly #policies = new Map<string, AsyncPolicy>();
  readonly #gone = new Set<string>();
  readonly #tell: FunctionNews;

  constructor(tell: FunctionNews) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#functions.size;
  }

  knows(uid: string): boolean {
    return this.#functions.has(uid);
  }

  /** It was there. Of those that went long ago that is not remembered. */
  isGone(uid: string): boolean {
    return this.#gone.has(uid);
  }

  /** Undefined: there is no such Function. */
  of(uid: string): AsyncPolicy | undefined {
    const fn = this.#functions.get(uid);
    if (fn === undefined) return undefined;
    return this.#policies.get(uid) ?? asyncPolicy(ownerOf(fn), withoutAsync(fn));
  }

  take({ type, object }: Change<KeptFunction>): void {
    const { uid, deletionTimestamp } = object.metadata;
    if (uid === undefined) return;
    if (type === 'deleted' || deletionTimestamp !== undefined) this.#forget(ownerOf(object));
    else this.#keep(uid, object);
  }

  #keep(uid: string, fn: KeptFunction): void {
    const before = this.#functions.get(uid);
    this.#functions.set(uid, fn);
    if (fn.spec.async !== undefined) this.#policies.set(uid, asyncPolicy(ownerOf(fn), fn.spec.async));
    if (before === undefined) this.#tell.known(uid);
    else this.#tell.changed(uid);
  }

  #forget(owner: Owner): void {
    const { uid } = owner;
    this.#functions.delete(uid);
    this.#policies.delete(uid);
    if (this.#gone.has(uid)) return;
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#gone.delete(oldest);
    this.#tell.gone(owner);
  }
}

/** Called as soon as it is known; none may throw. */
export interface FunctionNews {
  known(uid: string): void;
  /** Of one that was known: perhaps its work is delivered otherwise now. */
  changed(uid: string): void;
  /** Once for each. */
  gone(owner: Owner): void;
}

function ownerOf({ metadata: { uid = '', namespace = '', name = '' } }: KeptFunction): Owner {
  return { uid, namespace, name };
}

/**
 * Of a Function that says nothing of stored work, and that Triggers and destinations call all the same: its pods are made for
 * `timeoutSeconds`, and end what takes longer when they leave. 0, which is no limit, counts as left out.
 */
function withoutAsync({ spec: { timeoutSeconds } }: KeptFunction): { timeoutSeconds?: number } {
  return timeoutSeconds > 0 ? { timeoutSeconds } : {};
}
