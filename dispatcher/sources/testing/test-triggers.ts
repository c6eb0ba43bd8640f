import { setImmediate } from 'node:timers/promises';
import type { TriggerObject } from '#api/trigger.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { DEFAULT_LIMITS, type Limits, StoreError } from '../../store/store.ts';
import { ModelStore } from '../../store/testing/model-store.ts';
import { keepTrigger } from '../kept-trigger.ts';
import { Triggers, type TriggersOptions } from '../triggers.ts';

const BEGIN_MS = Date.parse('2026-01-01T10:00:00Z');

/** A Trigger that is due each minute, with what is given in the place of that. */
export function aTrigger(
  name: string,
  cron: object = {},
  rest: { spec?: object; annotations?: Record<string, string>; creationTimestamp?: string } = {},
): TriggerObject {
  const source = { cron: { schedule: '* * * * *', ...cron } };
  const metadata = { uid: `uid-of-${name}`, namespace: 'shop', name, resourceVersion: '1', generation: 1 };
  const spec = { function: 'report', source, ...rest.spec };
  return {
    metadata: { ...metadata, annotations: rest.annotations, creationTimestamp: rest.creationTimestamp },
    spec,
  } as unknown as TriggerObject;
}

/** Triggers over a store, of which processes end and begin again. All that is given back has settled. */
export class TestTriggers {
  readonly clock = new TestClock();
  readonly store: ModelStore;
  readonly functions = new Set(['report']);
  /** Ids that the store has accepted, in their order, each as often as it was. */
  readonly stored: string[] = [];
  /** What the next call of the store does in the place of its work, or after it; `unreached`: as `after` for the one that calls, but nothing was done. */
  fails: 'before' | 'unreached' | 'after' | undefined;
  /** Happens once, when the next call of the store has done its work and is not answered yet. */
  during: (() => void) | undefined;
  /** Ids that the store was asked for. */
  readonly looked: string[] = [];
  readonly #objects = new Map<string, TriggerObject>();
  triggers: Triggers;

  constructor(limits: Partial<Limits> = {}) {
    this.store = new ModelStore({ limits: { ...DEFAULT_LIMITS, ...limits }, nowMs: () => this.nowMs });
    this.triggers = this.#process();
  }

  get nowMs(): number {
    return BEGIN_MS + this.clock.nowMs();
  }

  async put(trigger: TriggerObject): Promise<void> {
    const { uid, generation } = trigger.metadata;
    const before = this.#objects.get(uid);
    const object = {
      ...trigger,
      metadata: { ...trigger.metadata, generation: generation + (before?.metadata.generation ?? 0) },
    };
    this.#objects.set(uid, object);
    this.triggers.take({ type: 'added', object: keepTrigger(object) });
    await settled();
  }

  async remove(uid: string): Promise<void> {
    const object = this.#objects.get(uid) as TriggerObject;
    this.#objects.delete(uid);
    this.triggers.take({ type: 'deleted', object: keepTrigger(object) });
    await settled();
  }

  /** Without the process being told. */
  lose(uid: string): void {
    this.#objects.delete(uid);
  }

  async start(): Promise<void> {
    void this.triggers.start();
    await settled();
  }

  /** As by kill -9: what was not in the store is gone. */
  async restart(): Promise<void> {
    await this.triggers.stop();
    this.triggers = this.#process();
    for (const object of this.#objects.values()) this.triggers.take({ type: 'added', object: keepTrigger(object) });
    await this.start();
  }

  /** In steps of a second, each of which settles. */
  async pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 1) {
      this.clock.advance(1_000);
      await settled();
    }
  }

  /** All that is open ends as done. */
  async finish(): Promise<void> {
    const leased = this.store.lease(new Map([['uid-of-report', 1_000]]), 60_000).entries;
    this.store.settle(leased.map(({ id, epoch }) => ({ id, epoch, outcome: 'done' })));
    for (const { id } of leased) this.triggers.ended(id, 'done');
    await settled();
  }

  #process(): Triggers {
    const options: TriggersOptions = {
      store: {
        enqueue: (batch, cursors) =>
          this.#call(() => {
            const results = this.store.enqueue(batch, cursors);
            this.stored.push(...batch.filter((_, at) => results[at]?.outcome === 'accepted').map(({ id }) => id));
            return results;
          }),
        cursors: (prefix, after) => this.#call(() => this.store.cursors(prefix, after)),
        cancel: (ids) => this.#call(() => this.store.cancel(ids)),
        entry: async (id) => {
          this.looked.push(id);
          return this.store.entry(id);
        },
      },
      functions: { uidOf: (_, name) => (this.functions.has(name) ? `uid-of-${name}` : undefined) },
      follows: () => true,
      clock: this.clock,
      nowMs: () => this.nowMs,
      requestId: () => 'request',
      enqueued: () => undefined,
      changed: () => undefined,
      log: { info() {}, warn() {}, error() {}, debug() {} } as never,
    };
    return new Triggers(options);
  }

  async #call<T>(work: () => T): Promise<T> {
    const { fails, during } = this;
    this.fails = undefined;
    this.during = undefined;
    if (fails === 'before') throw new Error('the store cannot now');
    if (fails === 'unreached') throw new StoreError('Unreachable', 'the store was not reached');
    const answer = work();
    during?.();
    if (fails === 'after') throw new StoreError('Unreachable', 'the answer of the store was lost');
    return answer;
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 6; turns += 1) await setImmediate();
}
