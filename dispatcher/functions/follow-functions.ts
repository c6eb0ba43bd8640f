import type { FunctionObject } from '#api/function.ts';
import { GROUP, KIND, PLURAL, VERSION } from '#api/names.ts';
import { type ObjectView, viewObjects } from '#platform/informer/object-view.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Resource } from '#platform/kube/resources.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import { systemClock } from '#platform/time/clock.ts';
import type { Store } from '../store/store.ts';
import { ConditionWriter } from './condition-writer.ts';
import { GoneFunctions } from './gone-functions.ts';
import { type FunctionNews, KnownFunctions, keepFunction, toldFunction } from './known-functions.ts';

/** Not from api/function.ts: that loads the schema, which takes 15 MB and which nothing here needs. */
const FUNCTIONS: Resource<FunctionObject> = {
  group: GROUP,
  version: VERSION,
  plural: PLURAL,
  kind: KIND,
  namespaced: true,
};
/** Each may hold 192 KiB of source: no more than this at once. */
const PAGE = 25;

export interface FollowOptions {
  store: Pick<Store, 'cancelByOwner' | 'counts' | 'list'>;
  kube: KubeClient;
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  news: FunctionNews;
  log: Log;
  metrics: InformerMetrics;
  lifecycle: Lifecycle;
}

/** Knows the Functions from now on, ends the work of those that are gone, and writes their condition. */
export class FollowedFunctions {
  readonly #known: KnownFunctions;
  readonly #gone: GoneFunctions;
  readonly #view: ObjectView<FunctionObject>;

  constructor({ store, kube, namespaces, news, log, metrics, lifecycle }: FollowOptions) {
    this.#known = new KnownFunctions({
      ...news,
      gone: (owner) => {
        this.#gone.add(owner.uid);
        news.gone(owner);
      },
    });
    // What is there of namespaces that are not followed is left as it is.
    const isGone = ({ uid, namespace }: { uid: string; namespace: string }) =>
      !this.#known.knows(uid) && (namespaces?.includes(namespace) ?? true);
    this.#gone = new GoneFunctions({ store, isGone, clock: systemClock, random: Math.random, log });
    lifecycle.onStop('work of gone functions', () => this.#gone[Symbol.dispose]());
    const keep = (fn: FunctionObject) => keepFunction(fn) as FunctionObject;
    this.#view = viewObjects({ kube, resource: FUNCTIONS, keep, pageSize: PAGE, log, metrics }, namespaces);
    lifecycle.onStop('watch of functions', () => this.#view[Symbol.asyncDispose]());
    this.#view.onChange((change) => this.#known.take(change));
    const told = () => this.#view.list().map(toldFunction);
    const conditions = new ConditionWriter({ store, functions: told, kube, clock: systemClock, nowMs: Date.now, log });
    lifecycle.onStop('conditions', () => conditions[Symbol.asyncDispose]());
    void this.#view.synced.then(async () => {
      conditions.start();
      await this.#gone.compare();
    });
  }

  /** Resolves when all are known; stays pending where that never comes. */
  get synced(): Promise<void> {
    return this.#view.synced;
  }

  get hasSynced(): boolean {
    return this.#view.hasSynced;
  }

  readonly knows = (uid: string): boolean => this.#known.knows(uid);
  readonly isGone = (uid: string): boolean => this.#known.isGone(uid);
  readonly policyOf = (uid: string) => this.#known.of(uid);
  /** Of the one that has this name now; undefined: there is none. */
  readonly uidOf = (namespace: string, name: string): string | undefined => {
    const uid = this.#view.get(namespace, name)?.metadata.uid;
    return uid !== undefined && this.#known.knows(uid) ? uid : undefined;
  };
}
