import type { Change } from '#platform/informer/object-cache.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type AsyncPolicy, destinations } from '../functions/async-policy.ts';
import { type EnqueueResult, type Entry, type Owner, type Store, StoreError } from '../store/store.ts';
import { Schedules } from './cron/schedules.ts';
import { DueTimes } from './due-times.ts';
import type { KeptTrigger } from './kept-trigger.ts';
import { cursorOf, planTrigger, type TriggerPlan } from './plan-trigger.ts';
import { CURSOR_PREFIX, cursorKey, readCursor, type TriggerCursor, uidOfCursor } from './trigger-cursor.ts';
import { begun, lost, passedOver, recordOf, type Seen, seen, type TriggerRecord, withOpen } from './trigger-record.ts';
import type { TriggerFault, TriggerStanding } from './trigger-status.ts';

export interface TriggersOptions {
  store: Pick<Store, 'enqueue' | 'cursors' | 'cancel' | 'entry'>;
  functions: { uidOf(namespace: string, name: string): string | undefined };
  /** Whether Triggers of this namespace are known here. */
  follows: (namespace: string) => boolean;
  clock: Clock;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  requestId: () => string;
  /** Of this function there is something to be delivered. */
  enqueued: (uid: string) => void;
  /** What is told of this Trigger has changed; `isUrgent`: how it stands, or what it speaks of. */
  changed: (uid: string, isUrgent: boolean) => void;
  log: Log;
}

interface State {
  trigger: KeptTrigger;
  cursor: TriggerCursor | undefined;
  record: TriggerRecord;
  nextMs: number | undefined;
  fault: TriggerFault | undefined;
  /** It was looked at since it changed. */
  isPlanned: boolean;
  /** Ids of runs that have ended whose entries were read since. */
  read: ReadonlySet<string>;
}

/** Planned and stored at once. */
const BATCH = 500;
/** A clock that is set is found within this time. */
const LONGEST_TIMER_MS = 10_000;
const RETRY_MS = 1_000;
/** Runs that have not ended are looked at so often: who ended them may be another process. */
const LOOK_MS = 10_000;
const LOOKED_AT_ONCE = 50;
const NONE_READ: ReadonlySet<string> = new Set();
/** So much at once comes from one Trigger at most: 100 that are made up for, one on time, one asked for. */
const MOST_ENTRIES = 1_000;

/**
 * Stores the runs of Triggers when they are due. One timer waits for the next over all of them; how far each has come stands in the store,
 * written with its runs, so that a process that ends at any moment neither loses nor doubles one.
 * Longer than 250 lines: all of it changes the same state, one step after the other.
 */
export class Triggers implements AsyncDisposable {
  readonly #options: TriggersOptions;
  readonly #schedules = new Schedules();
  readonly #states = new Map<string, State>();
  /** Uids by `<namespace>/<name>` of Triggers, and of the functions they call. */
  readonly #byName = new Map<string, string>();
  readonly #byFunction = new Map<string, Set<string>>();
  readonly #due = new DueTimes();
  readonly #open = new Set<string>();
  /** Those that are gone, with the ids of what is still open of them. */
  readonly #gone = new Map<string, readonly string[]>();
  #isWorking = false;
  /** From when cursors are read: what goes then is to be ended. */
  #isTakingUp = false;
  #isStarted = false;
  /** What the store was asked last may have happened or not. */
  #isUnsure = false;
  #storeFails = false;
  #work: Promise<void> = Promise.resolve();
  #stopping = new AbortController();
  #cancelTimer: () => void = () => undefined;
  #cancelLook: () => void = () => undefined;

  constructor(options: TriggersOptions) {
    this.#options = options;
  }

  /** Of a watch. */
  take({ type, object }: Change<KeptTrigger>): void {
    const { uid, deletionTimestamp } = object.metadata;
    if (type === 'deleted' || deletionTimestamp !== undefined) this.#forget(uid);
    else this.#keep(uid, object);
  }

  /** The Function of this name has come or gone. */
  functionChanged({ namespace, name }: { namespace: string; name: string }): void {
    for (const uid of this.#byFunction.get(`${namespace}/${name}`) ?? []) this.#lookAt(uid);
  }

  /** An entry has ended; told of all entries. */
  ended(id: string, state: Entry['state']): void {
    const uid = this.#uidOf(id);
    const its = uid === undefined ? undefined : this.#states.get(uid);
    if (uid === undefined || its === undefined) return;
    its.read = new Set([...its.read].filter((one) => one !== id));
    this.#see(uid, id, { state, attempts: 1, note: undefined });
  }

  /** How an entry is delivered: of one that a Trigger began, as that says. */
  policyOf(policy: AsyncPolicy | undefined, id: string | undefined): AsyncPolicy | undefined {
    const uid = id === undefined || policy === undefined ? undefined : this.#uidOf(id);
    const spec = uid === undefined ? undefined : this.#states.get(uid)?.trigger.spec;
    if (policy === undefined || spec === undefined) return policy;
    const { onSuccess, onFailure, ...rest } = policy;
    const own = destinations(spec);
    const told = Object.keys(own).length > 0 ? own : destinations({ onSuccess, onFailure });
    const { maxAttempts = policy.maxAttempts, minBackoffSeconds, maxBackoffSeconds } = spec.retry ?? {};
    const minBackoffMs = minBackoffSeconds === undefined ? policy.minBackoffMs : minBackoffSeconds * 1_000;
    const maxBackoffMs = maxBackoffSeconds === undefined ? policy.maxBackoffMs : maxBackoffSeconds * 1_000;
    return { ...rest, ...told, maxAttempts, minBackoffMs, maxBackoffMs: Math.max(minBackoffMs, maxBackoffMs) };
  }

  /** To be called once all Triggers and Functions are known. Never rejects; resolves once runs are stored as they fall due. */
  async start(): Promise<void> {
    const stopping = new AbortController();
    this.#stopping = stopping;
    const { signal } = stopping;
    while (!signal.aborted) {
      try {
        await this.#takeUp();
        break;
      } catch (error) {
        this.#options.log.warn({ err: error, retryInMs: RETRY_MS }, 'how far Triggers have come cannot be read now');
        await this.#pause(signal);
      }
    }
    if (signal.aborted) return;
    this.#isStarted = true;
    for (const uid of this.#states.keys()) this.#due.set(uid, 0);
    this.#lookLater();
    this.#poke();
  }

  /** Stores nothing any more. Resolves when what was begun is over. Can be started again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#isStarted = false;
    this.#isTakingUp = false;
    this.#gone.clear();
    this.#cancelTimer();
    this.#cancelLook();
    await this.#work;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What is to be told; undefined: it is gone, or was not looked at yet. */
  standing(uid: string): TriggerStanding | undefined {
    const state = this.#states.get(uid);
    if (state === undefined || !state.isPlanned || !this.#isStarted) return undefined;
    const { trigger, record, nextMs } = state;
    const unavailable: TriggerFault = {
      reason: 'StoreUnavailable',
      message: 'runs cannot be stored now; it is tried again',
    };
    const fault = state.fault ?? (this.#storeFails ? unavailable : undefined);
    return { trigger, record, active: state.cursor?.open.length ?? 0, nextMs, fault };
  }

  /** Brings what is told of its runs up to date. Rejects where the store does not say. */
  async refresh(uid: string): Promise<void> {
    const its = this.#states.get(uid);
    if (its === undefined) return;
    const runs = its.record.history;
    const ended = runs.filter(({ state }) => state === 'done' || state === 'buried');
    // That one has ended is known before its attempts are.
    const unread = ended.filter(({ id, attempts }) => attempts <= 1 && !its.read.has(id));
    const running = runs.filter(({ state }) => state === 'waiting' || state === 'running');
    its.read = new Set(ended.map(({ id }) => id));
    try {
      await this.#read([...running, ...unread].map(({ id }) => ({ uid, id })));
    } catch (error) {
      its.read = NONE_READ;
      throw error;
    }
  }

  #keep(uid: string, trigger: KeptTrigger): void {
    const before = this.#states.get(uid);
    const { namespace, name } = trigger.metadata;
    if (before !== undefined) this.#byFunction.get(`${namespace}/${before.trigger.spec.function}`)?.delete(uid);
    const state: State = before ?? {
      ...{ trigger, cursor: undefined, record: recordOf(trigger.status) },
      ...{ nextMs: undefined, fault: undefined, isPlanned: false, read: NONE_READ },
    };
    // What is told in the status was told from here.
    const isNews = before === undefined || !isSameOrder(before.trigger, trigger);
    state.trigger = trigger;
    this.#states.set(uid, state);
    this.#byName.set(`${namespace}/${name}`, uid);
    const calls = `${namespace}/${trigger.spec.function}`;
    this.#byFunction.set(calls, (this.#byFunction.get(calls) ?? new Set()).add(uid));
    if (isNews) this.#lookAt(uid);
  }

  #forget(uid: string): void {
    const state = this.#states.get(uid);
    if (state === undefined) return;
    const { namespace, name } = state.trigger.metadata;
    const calls = `${namespace}/${state.trigger.spec.function}`;
    this.#states.delete(uid);
    if (this.#byName.get(`${namespace}/${name}`) === uid) this.#byName.delete(`${namespace}/${name}`);
    this.#byFunction.get(calls)?.delete(uid);
    if (this.#byFunction.get(calls)?.size === 0) this.#byFunction.delete(calls);
    this.#due.remove(uid);
    this.#open.delete(uid);
    if (this.#isTakingUp) this.#gone.set(uid, state.cursor?.open ?? []);
    this.#poke();
  }

  async #takeUp(): Promise<void> {
    // Another process may have had its turn since.
    for (const state of this.#states.values())
      Object.assign(state, {
        cursor: undefined,
        record: recordOf(state.trigger.status),
        isPlanned: false,
        read: NONE_READ,
      });
    this.#open.clear();
    this.#isTakingUp = true;
    await this.#makeSure();
  }

  async #readCursors(): Promise<void> {
    const { store } = this.#options;
    let after: string | undefined;
    do {
      const page = await store.cursors(CURSOR_PREFIX, after);
      after = page.at(-1)?.[0];
      for (const [key, text] of page) this.#takeCursor(uidOfCursor(key), readCursor(text));
    } while (after !== undefined);
  }

  /** What cursors name as open may have ended since they were written. */
  async #makeSure(): Promise<void> {
    await this.#readCursors();
    await this.#readOpen();
    this.#isUnsure = false;
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.clock.after(RETRY_MS, end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  #takeCursor(uid: string, cursor: TriggerCursor | undefined): void {
    const { nowMs, follows } = this.#options;
    const state = this.#states.get(uid);
    if (state === undefined) {
      // What is there of namespaces that are not followed is left as it is.
      if (cursor === undefined || follows(cursor.trigger.split('/')[0] ?? '')) this.#gone.set(uid, cursor?.open ?? []);
    } else if (cursor !== undefined) {
      state.cursor = cursor;
      state.record = withOpen(state.record, cursor, nowMs());
      if (cursor.open.length > 0) this.#open.add(uid);
    }
  }

  #lookAt(uid: string): void {
    this.#due.set(uid, 0);
    this.#poke();
  }

  readonly #poke = (): void => {
    if (!this.#isStarted || this.#isWorking) return;
    this.#isWorking = true;
    this.#cancelTimer();
    this.#work = this.#workOff().then(
      () => this.#rest(Number.POSITIVE_INFINITY),
      (error: unknown) => {
        this.#options.log.warn({ err: error, retryInMs: RETRY_MS }, 'runs of Triggers cannot be stored now');
        this.#setStoreFails(true);
        this.#rest(RETRY_MS);
      },
    );
  };

  #rest(atMostMs: number): void {
    this.#isWorking = false;
    if (!this.#isStarted) return;
    const { clock, nowMs } = this.#options;
    const nextMs = Number.isFinite(atMostMs) ? nowMs() + atMostMs : this.#due.nextMs;
    if (nextMs === undefined) return;
    const ms = Math.min(Math.max(nextMs - nowMs(), 0), LONGEST_TIMER_MS);
    this.#cancelTimer = clock.after(ms, this.#poke);
  }

  /** Rejects where the store cannot; nothing of what was not stored is taken for it. */
  async #workOff(): Promise<void> {
    await Promise.resolve();
    if (this.#isUnsure) await this.#makeSure();
    await this.#endGone();
    const { nowMs } = this.#options;
    for (let uids = this.#due.take(nowMs(), BATCH); uids.length > 0; uids = this.#due.take(nowMs(), BATCH)) {
      try {
        await this.#carryOut(uids);
      } catch (error) {
        for (const uid of uids) if (this.#states.has(uid)) this.#due.set(uid, 0);
        this.#isUnsure = error instanceof StoreError && error.code === 'Unreachable';
        throw error;
      }
      this.#setStoreFails(false);
      if (!this.#isStarted) return;
      // What else the process does has its turn.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#endGone();
    }
  }

  async #endGone(): Promise<void> {
    const { store, log } = this.#options;
    for (const [uid, open] of this.#gone) {
      if (open.length > 0) await store.cancel(open);
      await store.enqueue([], new Map([[cursorKey(uid), undefined]]));
      this.#gone.delete(uid);
      if (open.length > 0) log.info({ uid, runs: open.length }, 'the Trigger is gone, and its runs with it');
    }
  }

  async #carryOut(uids: readonly string[]): Promise<void> {
    const planned: Planned[] = [];
    for (const uid of uids) {
      const state = this.#states.get(uid);
      if (state !== undefined) planned.push(this.#plan(uid, state));
    }
    await this.#cancel(planned);
    for (const part of inParts(planned)) await this.#store(part);
  }

  #plan(uid: string, state: State): Planned {
    const { functions, nowMs, requestId } = this.#options;
    const { trigger, cursor } = state;
    const { namespace } = trigger.metadata;
    const name = trigger.spec.function;
    const functionUid = functions.uidOf(namespace, name);
    const owner: Owner | undefined = functionUid === undefined ? undefined : { uid: functionUid, namespace, name };
    const plan = planTrigger({ trigger, cursor, owner, schedules: this.#schedules, nowMs: nowMs(), requestId });
    return { uid, state, plan, write: cursorOf(plan, cursor, uid) };
  }

  /** What is to make room for what comes, before that is stored. */
  async #cancel(planned: readonly Planned[]): Promise<void> {
    const { store } = this.#options;
    for (const { uid, plan } of planned) {
      const { ids, onlyWaiting } = plan.cancel;
      if (ids.length === 0) continue;
      const entries = onlyWaiting ? await Promise.all(ids.map((id) => store.entry(id))) : [];
      const wanted = onlyWaiting ? ids.filter((_, at) => entries[at]?.state === 'waiting') : ids;
      const ended = await store.cancel(wanted);
      for (const [at, id] of wanted.entries())
        if (ended[at] === true) this.#see(uid, id, { state: 'cancelled', attempts: 0, note: undefined });
    }
  }

  async #store(planned: readonly Planned[]): Promise<void> {
    const { store, enqueued } = this.#options;
    const entries = planned.flatMap(({ plan }) => plan.run.map(({ entry }) => entry));
    const cursors = new Map(planned.flatMap(({ write }) => (write === undefined ? [] : [write])));
    const results = entries.length + cursors.size > 0 ? await store.enqueue(entries, cursors) : [];
    let at = 0;
    const woken = new Set<string>();
    for (const one of planned) {
      const own = results.slice(at, at + one.plan.run.length);
      at += own.length;
      if (this.#states.get(one.uid) === one.state) this.#stored(one, own);
      else this.#storedTooLate(one);
      for (const { entry } of one.plan.run) woken.add(entry.owner.uid);
    }
    for (const uid of woken) enqueued(uid);
  }

  /** Its Trigger went meanwhile. */
  #storedTooLate({ uid, plan }: Planned): void {
    const open = this.#gone.get(uid);
    if (open !== undefined) this.#gone.set(uid, [...open, ...plan.run.map(({ id }) => id)]);
  }

  /** It is in the store: from now on it is so. */
  #stored({ uid, state, plan }: Planned, results: readonly EnqueueResult[]): void {
    const before = {
      fault: state.fault?.message,
      record: state.record,
      isPlanned: state.isPlanned,
      nextMs: state.nextMs,
    };
    const open = [...(state.cursor?.open ?? [])];
    for (const { id, timeMs, note } of plan.skipped) state.record = passedOver(state.record, id, { timeMs, note });
    for (const [at, { id, timeMs }] of plan.run.entries()) {
      const result = results[at];
      if (result?.outcome === 'full') {
        const note = `too much waits already (${result.bound})`;
        state.record = passedOver(state.record, id, { timeMs, note });
        continue;
      }
      state.record = begun(state.record, id, timeMs);
      const isOver = result?.outcome === 'exists' && result.state !== 'waiting' && result.state !== 'leased';
      if (!isOver && !open.includes(id)) open.push(id);
    }
    state.cursor = { ...plan.cursor, open: open.length === plan.cursor.open.length ? plan.cursor.open : open };
    Object.assign(state, { nextMs: plan.nextMs, fault: plan.fault, isPlanned: true });
    if (open.length > 0) this.#open.add(uid);
    if (plan.nextMs !== undefined) this.#due.set(uid, plan.nextMs);
    const isUrgent = !before.isPlanned || before.fault !== plan.fault?.message;
    if (isUrgent || before.record !== state.record || before.nextMs !== plan.nextMs)
      this.#options.changed(uid, isUrgent);
  }

  /** `entry` undefined: there is nothing of it in the store any more. */
  #see(uid: string, id: string, entry: Seen | undefined): void {
    const state = this.#states.get(uid);
    if (state?.cursor === undefined) return;
    const wasOpen = state.cursor.open.includes(id);
    if (!wasOpen && !state.record.history.some((run) => run.id === id)) return;
    const before = state.record;
    state.record = entry === undefined ? lost(state.record, id) : seen(state.record, id, entry);
    const isOver = entry?.state !== 'waiting' && entry?.state !== 'leased';
    if (isOver && wasOpen) state.cursor = { ...state.cursor, open: state.cursor.open.filter((one) => one !== id) };
    if (state.cursor.open.length === 0) this.#open.delete(uid);
    if (before !== state.record) this.#options.changed(uid, false);
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.after(LOOK_MS, () => {
      this.#readOpen()
        .catch((error: unknown) =>
          this.#options.log.warn({ err: error }, 'how runs of Triggers stand cannot be read now'),
        )
        .then(() => this.#isStarted && this.#lookLater());
    });
  }

  #readOpen(): Promise<void> {
    const open = [...this.#open].flatMap((uid) =>
      (this.#states.get(uid)?.cursor?.open ?? []).map((id) => ({ uid, id })),
    );
    return this.#read(open);
  }

  /** One of which there is nothing any more was taken away with its function, or by a person. */
  async #read(runs: readonly { uid: string; id: string }[]): Promise<void> {
    for (let at = 0; at < runs.length; at += LOOKED_AT_ONCE) {
      const part = runs.slice(at, at + LOOKED_AT_ONCE);
      const entries = await Promise.all(part.map(({ id }) => this.#options.store.entry(id)));
      for (const [index, { uid, id }] of part.entries()) {
        const entry = entries[index];
        if (entry !== undefined || this.#states.get(uid)?.cursor?.open.includes(id) === true) this.#see(uid, id, entry);
      }
    }
  }

  #setStoreFails(fails: boolean): void {
    if (this.#storeFails === fails) return;
    this.#storeFails = fails;
    for (const uid of this.#states.keys()) this.#options.changed(uid, true);
  }

  /** Of the Trigger that began it; undefined: none that is there did. */
  #uidOf(id: string): string | undefined {
    const end = id.indexOf('@');
    return end === -1 ? undefined : this.#byName.get(id.slice(0, end));
  }
}

interface Planned {
  uid: string;
  state: State;
  plan: TriggerPlan;
  write: [string, string] | undefined;
}

/** So that no batch has more entries than the store takes at once. */
function inParts(planned: readonly Planned[]): Planned[][] {
  const parts: Planned[][] = [];
  let entries = 0;
  for (const one of planned) {
    const size = one.plan.run.length;
    const last = parts.at(-1);
    if (last !== undefined && entries + size <= MOST_ENTRIES) last.push(one);
    else parts.push([one]);
    entries = last !== undefined && entries + size <= MOST_ENTRIES ? entries + size : size;
  }
  return parts;
}

/** All but the status, which is written from here. */
function isSameOrder(a: KeptTrigger, b: KeptTrigger): boolean {
  return (
    a.metadata.generation === b.metadata.generation &&
    JSON.stringify(a.metadata.annotations) === JSON.stringify(b.metadata.annotations)
  );
}
