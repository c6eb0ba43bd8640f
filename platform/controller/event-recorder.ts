/** Kubernetes Events: what `kubectl describe` shows below an object. */

import { randomInt } from 'node:crypto';
import type { KubeClient } from '../kube/client.ts';
import { isNamespaceLeaving, isNotFound } from '../kube/error.ts';
import { EVENTS, type KubeEvent, type KubeObject } from '../kube/resources.ts';
import type { Log } from '../process/log.ts';
import { EventBudget } from './event-budget.ts';

export interface EventNote {
  type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  reason: string;
  /** A sentence for a person; cut at 1,024 characters. */
  message: string;
}

interface EventRecorderOptions {
  kube: KubeClient;
  /** Who says it, e.g. `catnap-operator`. */
  component: string;
  log: Log;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const MESSAGE_MAX_LENGTH = 1_024;
/** Notes that wait to be written; more are dropped. */
const MOST_WAITING = 200;
/** Notes whose Event is remembered, to count it up instead of writing another. */
const MOST_REMEMBERED = 1_000;
const NAMES_A_MILLISECOND = 1_000_000n;
const DISPOSE_MS = 5_000;

/** An Event that was written: the same note again only raises its count. */
interface Written {
  namespace: string;
  name: string;
  count: number;
}

/**
 * Writes core/v1 Events, one after the other, for the objects they are about. Best effort: a failure is logged and never
 * thrown, a flood about one object is cut (25 at once, then one in five minutes), and so is a queue of more than 200.
 */
export class EventRecorder implements AsyncDisposable {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #budget: EventBudget;
  readonly #written = new Map<string, Written>();
  readonly #stop = new AbortController();
  readonly #names = new OrderedNames();
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#budget = new EventBudget({ burst: 25, refillMs: 300_000 });
  }

  /** Returns at once. `about` needs apiVersion, kind and metadata with name and uid. The same note again raises the Event's count. */
  record(about: KubeObject, note: EventNote): void {
    const name = about.metadata?.name;
    const fields = { kind: about.kind, name, reason: note.reason };
    if (this.#stop.signal.aborted) return;
    if (this.#waiting >= MOST_WAITING || !this.#budget.take(about.metadata?.uid ?? '', this.#now())) {
      this.#options.log.debug(fields, 'event dropped');
      return;
    }
    this.#waiting += 1;
    this.#tail = this.#tail.then(async () => {
      try {
        if (!this.#stop.signal.aborted) await this.#write(about, note);
      } catch (error) {
        this.#failed(fields, error);
      } finally {
        this.#waiting -= 1;
      }
    });
  }

  /** Writes what waits, for 5 s at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), DISPOSE_MS);
    await this.#tail;
    clearTimeout(timer);
    this.#stop.abort();
  }

  #failed(fields: object, err: unknown): void {
    const { log } = this.#options;
    // Events of a namespace that is going would go with it.
    if (isNamespaceLeaving(err)) log.debug({ ...fields, err }, 'event not written');
    else log.warn({ ...fields, err }, 'event not written');
  }

  async #write(about: KubeObject, note: EventNote): Promise<void> {
    const key = JSON.stringify([about.metadata?.uid, note.type, note.reason, note.message]);
    const before = this.#written.get(key);
    const next = (before && (await this.#countUp(before))) ?? (await this.#create(about, note));
    this.#written.delete(key); // to the end: the oldest is forgotten first
    this.#written.set(key, next);
    const [oldest] = this.#written.keys();
    if (this.#written.size > MOST_REMEMBERED && oldest !== undefined) this.#written.delete(oldest);
  }

  /** Undefined when the Event is gone: the API server keeps them for an hour or so. */
  async #countUp(written: Written): Promise<Written | undefined> {
    const count = written.count + 1;
    const body = { count, lastTimestamp: timestamp(this.#now()) };
    try {
      await this.#options.kube.patch(EVENTS, written, { type: 'merge', body }, { signal: this.#stop.signal });
      return { ...written, count };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(about: KubeObject, note: EventNote): Promise<Written> {
    const nowMs = this.#now();
    const suffix = this.#names.next(nowMs);
    const event = eventOf(about, note, { component: this.#options.component, nowMs, suffix });
    const { metadata } = await this.#options.kube.create(EVENTS, event, { signal: this.#stop.signal });
    return { namespace: metadata.namespace ?? '', name: metadata.name ?? '', count: 1 };
  }
}

/** The Event of a note that is new. */
function eventOf(
  about: KubeObject,
  note: EventNote,
  by: { component: string; nowMs: number; suffix: string },
): KubeEvent {
  const { name = '', namespace, uid = '', resourceVersion } = about.metadata ?? {};
  const at = timestamp(by.nowMs);
  return {
    metadata: { name: `${name.slice(0, 200)}.${by.suffix}`, namespace: namespace ?? 'default' },
    involvedObject: {
      apiVersion: about.apiVersion ?? '',
      kind: about.kind ?? '',
      name,
      uid,
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    type: note.type,
    reason: note.reason,
    message: note.message.slice(0, MESSAGE_MAX_LENGTH),
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: by.component },
    reportingComponent: by.component,
    reportingInstance: '',
  };
}

/**
 * Ends of names that are in the order in which they were asked for, as strings too: the time, and at random within its
 * millisecond, for other processes write Events as well. kubectl shows Events of one second in the order of their names.
 */
class OrderedNames {
  #last = 0n;

  /** 16 hexadecimal digits. */
  next(nowMs: number): string {
    const now = BigInt(nowMs) * NAMES_A_MILLISECOND + BigInt(randomInt(Number(NAMES_A_MILLISECOND)));
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last.toString(16).padStart(16, '0');
  }
}

/** RFC 3339 in whole seconds, as metav1.Time has it. */
function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
