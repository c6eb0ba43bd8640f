import { API_VERSION, FIELD_MANAGER, TRIGGER_KIND } from '#api/names.ts';
import type { TriggerCondition, TriggerStatus } from '#api/trigger-status.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNotFound, KubeError } from '#platform/kube/error.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type TriggerStanding, triggerStatus } from './trigger-status.ts';

interface StatusObject extends KubeObject {
  status: TriggerStatus;
}

interface StatusWriterOptions {
  kube: Pick<KubeClient, 'apply'>;
  resource: Resource;
  /** Undefined: it is gone, or there is nothing to tell of it. */
  standing: (uid: string) => TriggerStanding | undefined;
  /** Brings what is told of its runs up to date. */
  refresh: (uid: string) => Promise<void>;
  clock: Clock;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  log: Log;
}

/** Between two writes: ten in a second. */
const BETWEEN_MS = 100;
/** Of one Trigger: between two writes of how its runs went, and of how it stands. */
const EACH_MS = 10_000;
const URGENT_MS = 1_000;
const RETRY_MS = 1_000;

interface Written {
  atMs: number;
  /** As JSON. */
  text: string;
  condition: TriggerCondition | undefined;
}

/** Writes the status of Triggers, one after the other; those whose standing has changed before those whose runs have. */
export class TriggerStatusWriter implements AsyncDisposable {
  readonly #options: StatusWriterOptions;
  readonly #urgent = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #written = new Map<string, Written>();
  readonly #ended = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #isWriting = false;
  /** So that it is one line of the log. */
  #isStoreSilent = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  add(uid: string, isUrgent: boolean): void {
    if (isUrgent) this.#urgent.add(uid);
    else if (!this.#urgent.has(uid)) this.#waiting.add(uid);
    this.#later(0);
  }

  forget(uid: string): void {
    this.#urgent.delete(uid);
    this.#waiting.delete(uid);
    this.#written.delete(uid);
  }

  /** Resolves when nothing is written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#cancelTimer?.();
    await this.#work;
  }

  #later(ms: number): void {
    if (this.#cancelTimer !== undefined || this.#isWriting || this.#ended.signal.aborted) return;
    this.#cancelTimer = this.#options.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#isWriting = true;
      this.#work = this.#writeNext().then((againInMs) => {
        this.#isWriting = false;
        if (againInMs !== undefined) this.#later(againInMs);
      });
    });
  }

  /** When there is more to write; undefined: not before something changes. Never rejects. */
  async #writeNext(): Promise<number | undefined> {
    const uid = this.#take(this.#urgent, URGENT_MS) ?? this.#take(this.#waiting, EACH_MS);
    if (uid === undefined) return this.#urgent.size + this.#waiting.size > 0 ? URGENT_MS / 2 : undefined;
    try {
      await this.#write(uid);
      return BETWEEN_MS;
    } catch (error) {
      if (this.#ended.signal.aborted) return undefined;
      const isRefused =
        error instanceof KubeError && error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status);
      this.#options.log.warn({ err: error, uid }, 'the status of a Trigger could not be written');
      if (!isRefused) this.#urgent.add(uid);
      return RETRY_MS;
    }
  }

  /** The first that was not written lately. */
  #take(from: Set<string>, eachMs: number): string | undefined {
    const nowMs = this.#options.clock.nowMs();
    for (const uid of from) {
      const { atMs } = this.#written.get(uid) ?? { atMs: Number.NEGATIVE_INFINITY };
      if (nowMs - atMs < eachMs) continue;
      this.#urgent.delete(uid);
      this.#waiting.delete(uid);
      return uid;
    }
    return undefined;
  }

  async #write(uid: string): Promise<void> {
    const { standing, kube, resource, nowMs } = this.#options;
    const isFresh = await this.#refresh(uid);
    const now = standing(uid);
    if (now === undefined || this.#ended.signal.aborted) return;
    const before = this.#written.get(uid);
    const condition = before?.condition ?? now.trigger.status?.conditions?.find(({ type }) => type === 'Ready');
    const status = triggerStatus(now, condition, nowMs());
    const text = JSON.stringify(status);
    if (text === before?.text) return isFresh ? undefined : this.#wrote(uid, before, isFresh);
    const { namespace, name } = now.trigger.metadata;
    const object: StatusObject = {
      apiVersion: API_VERSION,
      kind: TRIGGER_KIND,
      metadata: { uid, namespace, name },
      status,
    };
    const options = { subresource: 'status', fieldManager: FIELD_MANAGER.dispatcher, signal: this.#ended.signal };
    try {
      await kube.apply(resource, object, options);
      this.#wrote(uid, { text, condition: status.conditions?.[0] }, isFresh);
    } catch (error) {
      // It is gone, and perhaps there is another of its name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** What the store did not say now it is asked later. */
  #wrote(uid: string, what: Omit<Written, 'atMs'>, isFresh: boolean): void {
    this.#written.set(uid, { ...what, atMs: this.#options.clock.nowMs() });
    if (!isFresh) this.#waiting.add(uid);
  }

  /** Whether the store said how its runs went. That it does not is no reason not to tell how the Trigger stands. */
  async #refresh(uid: string): Promise<boolean> {
    try {
      await this.#options.refresh(uid);
      this.#isStoreSilent = false;
      return true;
    } catch (error) {
      if (!this.#isStoreSilent)
        this.#options.log.warn(
          { err: error, uid },
          'how runs of Triggers went cannot be read now; their status is told without',
        );
      this.#isStoreSilent = true;
      return false;
    }
  }
}
