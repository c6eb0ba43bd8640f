import type { AsyncCondition } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { API_VERSION, FIELD_MANAGER, GROUP, KIND, PLURAL, VERSION } from '#api/names.ts';
import { compareVersions } from '#platform/informer/resource-version.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNotFound, KubeError } from '#platform/kube/error.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { FunctionCounts, Owner, Store } from '../store/store.ts';
import { type AsyncStanding, asyncCondition, isUpToDate } from './async-condition.ts';

/** A Function as its watch shows it. */
export interface ToldFunction extends Owner {
  resourceVersion: string;
  /** Its spec says that work may be stored for it. */
  hasAsync: boolean;
  /** As it is in the status; undefined: there is none. */
  condition: AsyncCondition | undefined;
}

interface ConditionWriterOptions {
  store: Pick<Store, 'counts' | 'list'>;
  /** Those that there are. */
  functions: () => Iterable<ToldFunction>;
  kube: Pick<KubeClient, 'apply'>;
  clock: Clock;
  /** Since 1970. */
  nowMs: () => number;
  log: Log;
}

interface StatusObject extends KubeObject {
  status?: FunctionStatus;
}
/** Not from api/function.ts, which loads the schema. */
const FUNCTION_STATUSES: Resource<StatusObject> = {
  group: GROUP,
  version: VERSION,
  plural: PLURAL,
  kind: KIND,
  namespaced: true,
};

/** A function's condition is written once in this time at most. */
const ROUND_MS = 10_000;
/** Between two writes: five in a second. */
const BETWEEN_MS = 200;

/**
 * Keeps the condition `Async` of Functions. In each round the numbers of the store, which cost no look at entries, are compared with
 * what the conditions say; what differs is written, one after the other. A server-side apply with a field manager of its own: what it
 * has said before and no longer says is removed, and nothing else.
 */
export class ConditionWriter implements AsyncDisposable {
  readonly #options: ConditionWriterOptions;
  /** What was written and no watch has shown yet, by uid. */
  readonly #written = new Map<string, { resourceVersion: string; condition: AsyncCondition | undefined }>();
  readonly #ended = new AbortController();
  #round: Promise<void> = Promise.resolve();
  #cancelPause: () => void = () => undefined;

  constructor(options: ConditionWriterOptions) {
    this.#options = options;
  }

  /** To be called once, when all Functions are known. */
  start(): void {
    this.#round = this.#run();
  }

  /** Resolves when nothing is written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#cancelPause();
    await this.#round;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await this.#tellAll(signal);
      } catch (error) {
        if (!signal.aborted) this.#options.log.warn({ err: error }, 'conditions of functions could not be written');
      }
      await this.#pause(ROUND_MS);
    }
  }

  /** Rejects where the store or the API server cannot; a Function that is refused holds up no other. */
  async #tellAll(signal: AbortSignal): Promise<void> {
    const { store, functions } = this.#options;
    const counts = new Map((await store.counts()).map((one) => [one.owner.uid, one]));
    const uids = new Set<string>();
    const outdated: ToldFunction[] = [];
    for (const fn of functions()) {
      uids.add(fn.uid);
      if (!isUpToDate(this.#conditionOf(fn), standingOf(fn, counts.get(fn.uid)))) outdated.push(fn);
    }
    for (const uid of this.#written.keys()) if (!uids.has(uid)) this.#written.delete(uid);
    const refused: unknown[] = [];
    for (const fn of outdated) {
      if (signal.aborted) return;
      await this.#tell(fn, signal).catch((error: unknown) => {
        if (!isOfOneObject(error)) throw error;
        refused.push(error);
      });
      await this.#pause(BETWEEN_MS);
    }
    const [err] = refused;
    if (err !== undefined)
      this.#options.log.warn({ err, functions: refused.length }, 'conditions of functions were refused');
  }

  async #tell(fn: ToldFunction, signal: AbortSignal): Promise<void> {
    const { store, nowMs } = this.#options;
    const [counts] = await store.counts(fn.uid);
    const standing = standingOf(fn, counts);
    const before = this.#conditionOf(fn);
    if (isUpToDate(before, standing)) return;
    const lastNote = standing.buried === 0 ? undefined : await this.#lastNote(fn.uid);
    await this.#apply(fn, asyncCondition(standing, lastNote, before, nowMs()), signal);
  }

  /** @param condition undefined: there is to be none. */
  async #apply(fn: ToldFunction, condition: AsyncCondition | undefined, signal: AbortSignal): Promise<void> {
    const { uid, namespace, name } = fn;
    const metadata = { uid, namespace, name };
    const status = condition === undefined ? {} : { status: { conditions: [condition] } };
    const object: StatusObject = { apiVersion: API_VERSION, kind: KIND, metadata, ...status };
    const options = { subresource: 'status', fieldManager: FIELD_MANAGER.dispatcher, signal };
    try {
      const stored = await this.#options.kube.apply(FUNCTION_STATUSES, object, options);
      this.#written.set(uid, { resourceVersion: stored.metadata?.resourceVersion ?? '', condition });
    } catch (error) {
      // It is gone, and perhaps there is another of its name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Of the newest entry that is buried; a page may have none although there are some. */
  async #lastNote(uid: string): Promise<string | undefined> {
    const { entries } = await this.#options.store.list({ uid, state: 'buried' }, { limit: 1 });
    return entries[0]?.note;
  }

  /** What was written counts until the watch shows it, or what came after it. */
  #conditionOf({ uid, resourceVersion, condition }: ToldFunction): AsyncCondition | undefined {
    const written = this.#written.get(uid);
    if (written === undefined) return condition;
    if (compareVersions(written.resourceVersion, resourceVersion) > 0) return written.condition;
    this.#written.delete(uid);
    return condition;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    this.#cancelPause = () => {
      cancel();
      resolve();
    };
    await promise;
  }
}

function standingOf({ hasAsync }: ToldFunction, counts: FunctionCounts | undefined): AsyncStanding {
  return { hasAsync, buried: counts?.buried ?? 0 };
}

/** Whether the API server refused this one alone, so that it may take others: what it has no right to, what is not valid. */
function isOfOneObject(error: unknown): boolean {
  return error instanceof KubeError && error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status);
}
