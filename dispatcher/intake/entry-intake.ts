import type { EntryOutcome } from '#api/invocations.ts';
import { type Frame, FrameError, readFrames } from '#api/rules/frame.ts';
import type { EnqueueResult, NewEntry, Store } from '../store/store.ts';
import { checkEntry } from './check-entry.ts';
import type { FunctionLag } from './function-lag.ts';
import { toState } from './invocation-status.ts';
import { Refusal } from './refusal.ts';

interface EntryIntakeOptions {
  store: Pick<Store, 'enqueue'>;
  functions: { readonly hasSynced: boolean; knows(uid: string): boolean };
  lag: Pick<FunctionLag, 'over'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Of this function there is something to be delivered. */
  accepted: (uid: string) => void;
  /** A batch with something to be stored is on disk. */
  committed: (seconds: number) => void;
}

const MOST_ENTRIES = 1_000;

/** Stores what gateways send. */
export class EntryIntake {
  readonly #options: EntryIntakeOptions;

  constructor(options: EntryIntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolves once all that is said to be accepted is on disk: one outcome for each frame, in the same order. Rejects with a
   * Refusal or a StoreError where nothing of it was stored, or that is not known; to send it again does no harm.
   */
  async accept(bytes: Uint8Array, signal: AbortSignal): Promise<EntryOutcome[]> {
    const { functions, lag, nowMs } = this.#options;
    if (!functions.hasSynced) throw new Refusal(503, 'Starting', 'the dispatcher does not know the functions yet');
    const checked = framesIn(bytes).map((frame) => checkEntry(frame, nowMs()));
    await lag.over(new Set(checked.flatMap((one) => (typeof one === 'string' ? [] : [one.owner.uid]))), signal);
    // No turn between this and the store: what ends the entries of a function that is gone comes after them.
    const known = checked.filter((one) => typeof one !== 'string' && functions.knows(one.owner.uid)) as NewEntry[];
    const results = new Map(zip(known, await this.#enqueue(known)));
    return checked.map((one) => {
      if (typeof one === 'string') return { outcome: 'invalid', message: one };
      return results.get(one) ?? { outcome: 'unknown' };
    });
  }

  async #enqueue(entries: readonly NewEntry[]): Promise<EntryOutcome[]> {
    const { store, accepted, committed } = this.#options;
    if (entries.length === 0) return [];
    const startedAtMs = performance.now();
    const results = await store.enqueue(entries);
    committed((performance.now() - startedAtMs) / 1_000);
    const uids = entries.filter((_, at) => results[at]?.outcome === 'accepted').map(({ owner }) => owner.uid);
    for (const uid of new Set(uids)) accepted(uid);
    return results.map(toOutcome);
  }
}

function framesIn(bytes: Uint8Array): Frame<unknown>[] {
  try {
    return readFrames<unknown>(bytes, MOST_ENTRIES);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    throw new Refusal(400, 'BadFrames', error.message);
  }
}

function toOutcome(result: EnqueueResult): EntryOutcome {
  return result.outcome === 'exists' ? { ...result, state: toState(result.state) } : result;
}

function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.map((one, at) => [one, b[at] as B]);
}
