import type { AsyncPolicy } from '../functions/async-policy.ts';
import { allowed, type Failure, failed, type Pause, type PausePolicy, probed } from './half-open.ts';
import type { Asking } from './room.ts';

type Named = Pick<AsyncPolicy, 'uid' | 'namespace'>;
type Policy = Pick<AsyncPolicy, 'namespace' | 'maxConcurrency'>;

interface FunctionState {
  running: number;
  pause: Pause | undefined;
}

/** Of a function that has no room, or that the gateways do not know for a moment. */
const FUNCTION_PAUSE: PausePolicy = { firstMs: 1_000, maxMs: 30_000, maxAskedMs: 300_000 };
/** A function whose policy is not known is asked for again after so long. */
const UNKNOWN_MS = 1_000;

/**
 * Which functions may have something due, from when, and how many of their deliveries are under way. Times are of a clock that only
 * grows. Memory is taken by functions that have something to wait for or under way.
 */
export class Agenda {
  readonly #functions = new Map<string, FunctionState>();
  /** Deliveries under way, of namespaces that have any. */
  readonly #inNamespace = new Map<string, number>();
  readonly #due = new Set<string>();
  readonly #later = new Map<string, number>();
  /** No later than the earliest of `#later`. */
  #nextMs = Number.POSITIVE_INFINITY;

  /** It may have something due. */
  wake(uid: string): void {
    this.#later.delete(uid);
    this.#due.add(uid);
  }

  /** It may have something due from `atMs` on, or earlier where that was said already. */
  wakeAt(uid: string, atMs: number): void {
    if (this.#due.has(uid)) return;
    const at = Math.min(atMs, this.#later.get(uid) ?? atMs);
    this.#later.set(uid, at);
    this.#nextMs = Math.min(this.#nextMs, at);
  }

  /** When the next function is to be asked for; undefined: none is until it is woken. */
  get nextMs(): number | undefined {
    return Number.isFinite(this.#nextMs) ? this.#nextMs : undefined;
  }

  /**
   * The functions that may have something due and may begin with it. Those of unknown concurrency are looked at again later.
   * @param policyOf undefined: not known
   */
  asking(nowMs: number, policyOf: (uid: string) => Policy | undefined): Asking[] {
    if (nowMs >= this.#nextMs) this.#fallDue(nowMs);
    const asking: Asking[] = [];
    for (const uid of this.#due) {
      const { running = 0, pause } = this.#functions.get(uid) ?? {};
      const policy = policyOf(uid);
      const may = allowed(pause, nowMs);
      if (policy !== undefined && may > 0) {
        const { namespace, maxConcurrency } = policy;
        const runningInNamespace = this.#inNamespace.get(namespace) ?? 0;
        asking.push({ uid, namespace, running, runningInNamespace, maxConcurrency, allowed: may });
      } else this.#putOff(uid, policy === undefined ? nowMs + UNKNOWN_MS : (pause?.untilMs ?? nowMs));
    }
    return asking;
  }

  /** They are being asked for: what wakes them meanwhile is not lost. */
  asked(uids: Iterable<string>): void {
    for (const uid of uids) this.#due.delete(uid);
  }

  /**
   * One of its deliveries is under way; while the function is left alone it is the probe.
   * @returns to be called where it was none, as nothing of it comes to the function: then the next may be the probe at once
   */
  begun({ uid, namespace }: Named, nowMs: number): () => void {
    const state = this.#state(uid);
    state.running += 1;
    this.#inNamespace.set(namespace, (this.#inNamespace.get(namespace) ?? 0) + 1);
    const before = state.pause;
    if (before === undefined) return () => undefined;
    const after = probed(before, nowMs);
    state.pause = after;
    return () => {
      // Since then another has failed, succeeded, or become the probe.
      if (state.pause !== after) return;
      state.pause = before;
      this.wake(uid);
    };
  }

  /** One of its deliveries is under way no longer. */
  ended({ uid, namespace }: Named): void {
    const state = this.#state(uid);
    state.running -= 1;
    const others = (this.#inNamespace.get(namespace) ?? 1) - 1;
    if (others === 0) this.#inNamespace.delete(namespace);
    else this.#inNamespace.set(namespace, others);
    this.#forgetIdle(uid, state);
  }

  /** It had no room, or was not there. */
  failed(uid: string, failure: Failure): void {
    const state = this.#state(uid);
    state.pause = failed(state.pause, failure, FUNCTION_PAUSE);
  }

  /** It has begun with something. */
  succeeded(uid: string): void {
    const state = this.#functions.get(uid);
    if (state?.pause === undefined) return;
    state.pause = undefined;
    this.#forgetIdle(uid, state);
    if (this.#later.has(uid)) this.wake(uid);
  }

  /** Forgets of those that have nothing open that they paused. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const [uid, state] of this.#functions) if (state.running === 0 && !uids.has(uid)) this.#functions.delete(uid);
    for (const uid of this.#later.keys()) if (!uids.has(uid)) this.#later.delete(uid);
  }

  #fallDue(nowMs: number): void {
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const [uid, atMs] of this.#later) {
      if (atMs <= nowMs) this.wake(uid);
      else this.#nextMs = Math.min(this.#nextMs, atMs);
    }
  }

  #putOff(uid: string, atMs: number): void {
    this.#due.delete(uid);
    this.wakeAt(uid, atMs);
  }

  #state(uid: string): FunctionState {
    const known = this.#functions.get(uid);
    if (known !== undefined) return known;
    const state = { running: 0, pause: undefined };
    this.#functions.set(uid, state);
    return state;
  }

  #forgetIdle(uid: string, { running, pause }: FunctionState): void {
    if (running === 0 && pause === undefined) this.#functions.delete(uid);
  }
}
