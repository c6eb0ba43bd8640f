/** A local copy of the objects of one kind, kept up to date by list and watch. */

import type { ListOptions, WatchEvent } from '../kube/calls.ts';
import { isGone, isNoAnswer, isSilence, KubeError } from '../kube/error.ts';
import type { KubeObject } from '../kube/resources.ts';
import { backoffMs } from '../time/backoff.ts';
import { pause } from '../time/deadline.ts';
import { ChangeHandlers } from './change-handlers.ts';
import { type InformerOptions, type InformerTiming, selectionOf, TIMING } from './informer-options.ts';
import { type Change, nameOf, ObjectCache, type ObjectName } from './object-cache.ts';
import { compareVersions } from './resource-version.ts';

/** Watches in a row that the server refuses or garbles before all is listed again. */
const REFUSED_WATCHES_UNTIL_LIST = 3;
/** A watch that the server ends sooner, without an event, counts as failed: else it would be a busy loop. */
const SHORTEST_WATCH_MS = 1_000;

/**
 * The objects of one kind as the API server has them: always a little late, never silently stale. A watch that is cut,
 * silent (API servers send bookmarks, but only while anything happens) or unreadable is taken up again where it broke off; when the server no longer knows that point, all objects are
 * listed and the difference is reported as changes. It goes on forever, with growing pauses while the server fails;
 * `ageSeconds` tells how long it has been out of touch.
 */
export class Informer<T extends KubeObject> implements AsyncDisposable {
  /** Resolves when the first list is in. Never rejects; stays pending when disposed before. */
  readonly synced: Promise<void>;
  readonly #options: InformerOptions<T>;
  readonly #timing: InformerTiming;
  readonly #cache: ObjectCache<T>;
  readonly #handlers: ChangeHandlers<T>;
  readonly #stop = new AbortController();
  readonly #untrack: () => void;
  readonly #loop: Promise<void>;
  #markSynced: () => void = () => undefined;
  #hasSynced = false;
  #heardAtMs = performance.now();
  /** Where the next watch begins; undefined: list first. */
  #resourceVersion: string | undefined;
  /** The connection was lost, so the server that comes back may be one that knows less: restored, or made anew. */
  #unsureOfHistory = false;
  #failures = 0;
  #refusals = 0;

  /** Starts at once. */
  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#cache = new ObjectCache(options.packing);
    this.#handlers = new ChangeHandlers(options.resource.plural, options.log);
    this.#timing = { ...TIMING, ...options.timing };
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
    this.#untrack = options.metrics?.trackAge(options.resource.plural, () => this.ageSeconds) ?? (() => undefined);
    this.#loop = this.#run();
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Seconds since the server last said anything about this kind, a bookmark at least; before the first list, since the start. */
  get ageSeconds(): number {
    return (performance.now() - this.#heardAtMs) / 1_000;
  }

  /** `namespace` is undefined for cluster-scoped kinds. The object must not be changed. */
  get(namespace: string | undefined, name: string): T | undefined {
    return this.#cache.get(namespace, name);
  }

  has(namespace: string | undefined, name: string): boolean {
    return this.#cache.has(namespace, name);
  }

  list(): T[] {
    return [...this.#cache.each()];
  }

  each(namespace?: string): Iterable<T> {
    return this.#cache.each(namespace);
  }

  names(): ObjectName[] {
    return this.#cache.names();
  }

  /**
   * Calls `handler` with each change from now on, synchronously and in order; first, before returning, with `added` for
   * what is known already. One that throws is logged and called again with the next change. Returns how to stop it.
   */
  onChange(handler: (change: Change<T>) => void): () => void {
    return this.#handlers.add(handler, this.each());
  }

  /** As onChange, but what is known already is not reported: of packed objects each would be unpacked, in one go. */
  onNews(handler: (change: Change<T>) => void): () => void {
    return this.#handlers.add(handler, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#untrack();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion !== undefined && this.#unsureOfHistory) await this.#checkHistory();
        this.#resourceVersion ??= await this.#list();
        await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error);
      }
    }
  }

  /**
   * Makes the next step a list when the server is behind what it once told us. A watch would not show it: asked for what
   * comes after a resourceVersion of the future, the server is silent until it gets there.
   */
  async #checkHistory(): Promise<void> {
    // By the same name, if it is one: others may not be allowed.
    const { kube, resource } = this.#options;
    const selection = { ...selectionOf(this.#options), labelSelector: undefined };
    const { metadata } = await kube.list(resource, { ...selection, limit: 1, signal: this.#stop.signal });
    if (compareVersions(metadata.resourceVersion, this.#resourceVersion) < 0) this.#resourceVersion = undefined;
    this.#unsureOfHistory = false;
  }

  /** Takes over all objects as they are now; returns where to watch from. */
  async #list(): Promise<string> {
    const resourceVersion = this.#hasSynced ? await this.#takeDifference() : await this.#takePages();
    this.#options.metrics?.relisted(this.#options.resource.plural);
    this.#hasSynced = true;
    this.#markSynced();
    return resourceVersion;
  }

  /** Of what was known before: all pages are waited for, and deletions told first. */
  async #takeDifference(): Promise<string> {
    const { items, metadata } = await this.#options.kube.listAll(this.#options.resource, this.#listing);
    this.#heard();
    this.#handlers.tell(this.#cache.replaceAll(items));
    return metadata.resourceVersion;
  }

  /** Page by page: only one is in memory as it came, and what else the process does has its turn in between. */
  async #takePages(): Promise<string> {
    const { kube, resource } = this.#options;
    let resourceVersion = '';
    let names: ObjectName[] = [];
    for await (const { metadata, items, begins } of kube.pages(resource, this.#listing)) {
      this.#heard();
      if (begins) [resourceVersion, names] = [metadata.resourceVersion, []];
      names.push(...items.map(nameOf));
      this.#handlers.tell(items.flatMap((object) => this.#cache.put(object)));
    }
    // Of a list that failed after some pages, or began anew.
    this.#handlers.tell(this.#cache.keepOnly(names));
    return resourceVersion;
  }

  get #listing(): ListOptions<T> {
    const { pageSize } = this.#options;
    return {
      ...selectionOf(this.#options),
      ...(pageSize !== undefined && { limit: pageSize }),
      keep: (object: T) => this.#kept(object),
      signal: this.#stop.signal,
      deadlineMs: 30_000,
    };
  }

  /** Returns when there is nothing wrong with taking up the watch again at once; throws otherwise. */
  async #watch(resourceVersion: string): Promise<void> {
    const { kube, resource } = this.#options;
    const timeoutSeconds = Math.round(this.#timing.watchSeconds * (1 + Math.random() / 10));
    const options = { ...selectionOf(this.#options), resourceVersion, timeoutSeconds, idleMs: this.#timing.idleMs };
    let openedAtMs: number | undefined;
    const onOpen = () => {
      openedAtMs = performance.now();
      this.#heardAtMs = openedAtMs;
    };
    try {
      for await (const event of kube.watch(resource, { ...options, signal: this.#stop.signal, onOpen }))
        this.#take(event);
    } catch (error) {
      if (openedAtMs === undefined || !isSilence(error)) throw error;
      this.#ended('idle');
      return;
    }
    if (performance.now() - (openedAtMs ?? 0) < SHORTEST_WATCH_MS) {
      throw new KubeError(0, 'BadAnswer', `watch ${resource.plural}: the server ended it at once`);
    }
    this.#ended('closed');
  }

  /** In good order. */
  #ended(reason: 'closed' | 'idle'): void {
    const { resource, log, metrics } = this.#options;
    this.#heard();
    metrics?.watchEnded(resource.plural, reason);
    log.debug({ resource: resource.plural, reason }, 'watch ended');
  }

  #take(event: WatchEvent<T>): void {
    const resourceVersion = event.object.metadata?.resourceVersion;
    if (resourceVersion === undefined) throw new KubeError(0, 'BadAnswer', 'watch: an event without a resourceVersion');
    if (compareVersions(resourceVersion, this.#resourceVersion) < 0) {
      throw new KubeError(410, 'HistoryReplaced', `watch: ${resourceVersion} came after ${this.#resourceVersion}`);
    }
    this.#heard();
    this.#resourceVersion = resourceVersion;
    if (event.type === 'BOOKMARK') return;
    const object = this.#kept(event.object);
    this.#handlers.tell(event.type === 'DELETED' ? this.#cache.remove(object) : this.#cache.put(object));
  }

  #kept(object: T): T {
    const { keep, resource, log } = this.#options;
    if (keep === undefined) return object;
    try {
      return keep(object);
    } catch (error) {
      log.error({ resource: resource.plural, err: error }, 'an object of unexpected shape is kept whole');
      return object;
    }
  }

  async #recover(error: unknown): Promise<void> {
    const { resource, log, metrics } = this.#options;
    this.#failures += 1;
    if (isNoAnswer(error)) this.#unsureOfHistory = true;
    else this.#refusals += 1;
    if (isGone(error) || this.#refusals >= REFUSED_WATCHES_UNTIL_LIST) this.#resourceVersion = undefined;
    metrics?.watchEnded(resource.plural, isGone(error) ? 'gone' : 'failed');
    const retryInMs = backoffMs(this.#failures, this.#timing, Math.random());
    log.warn({ resource: resource.plural, err: error, retryInMs, ageSeconds: this.ageSeconds }, 'watch interrupted');
    await pause(retryInMs, this.#stop.signal);
  }

  #heard(): void {
    this.#heardAtMs = performance.now();
    this.#failures = 0;
    this.#refusals = 0;
  }
}
