import { frameParts } from '#api/rules/frame.ts';
import type { KeyedWaits } from '#platform/time/keyed-waits.ts';
import type { Entry, Store } from '../store/store.ts';
import { isOpen, statusOf } from './invocation-status.ts';
import { Refusal } from './refusal.ts';
import { Turns } from './turns.ts';

interface StatusIntakeOptions {
  store: Pick<Store, 'entry' | 'result'>;
  /** Told of each id that has ended. */
  ended: KeyedWaits;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

const MOST_WAIT_SECONDS = 60;
/** Answers of functions that are held in memory at the same time, of a MiB or a little more. */
const MOST_RESULTS = 24;

/** What is asked, of one function's invocation. */
export interface StatusQuestion {
  id: string;
  uid: string;
  waitMs: number;
}

/** Throws a Refusal. @param path from the id on */
export function questionIn(path: string): StatusQuestion {
  const [id = '', query = ''] = path.split('?', 2);
  const asked = new URLSearchParams(query);
  const wait = asked.get('wait') ?? '0';
  if (!/^\d{1,9}$/.test(wait)) throw new Refusal(400, 'BadRequest', 'wait is a whole number of seconds');
  return { id, uid: asked.get('uid') ?? '', waitMs: Math.min(Number(wait), MOST_WAIT_SECONDS) * 1_000 };
}

interface Ends {
  /** Aborts when the answer is not wanted any more. */
  gone: AbortSignal;
  /** Aborts when the end is waited for no longer. */
  stopping: AbortSignal;
}

/** Resolves when it was taken, or will not be. */
type Send = (parts: readonly Uint8Array[]) => Promise<void>;

/** Says how invocations go. */
export class StatusIntake {
  readonly #options: StatusIntakeOptions;
  readonly #turns = new Turns(MOST_RESULTS);

  constructor(options: StatusIntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolves when `send` has: it is given the parts of one frame, once. Rejects with a Refusal where there is no such invocation of
   * this function.
   */
  async answer(question: StatusQuestion, { gone, stopping }: Ends, send: Send): Promise<void> {
    const entry = await this.#atItsEnd(question, AbortSignal.any([gone, stopping]));
    if (isOpen(entry)) return await this.#send(entry, undefined, send);
    using _ = await this.#turns.take(entry.owner.namespace, gone);
    await this.#send(entry, await this.#options.store.result(entry.id), send);
  }

  /** Or when its time is up. */
  async #atItsEnd({ id, uid, waitMs }: StatusQuestion, signal: AbortSignal): Promise<Entry> {
    const over = new AbortController();
    const waiting = this.#options.ended.wait(id, waitMs, AbortSignal.any([signal, over.signal]));
    try {
      const entry = await this.#entry(id, uid);
      if (!isOpen(entry) || waitMs === 0) return entry;
      await waiting;
      return await this.#entry(id, uid);
    } finally {
      over.abort();
    }
  }

  async #send(entry: Entry, result: Uint8Array | undefined, send: Send): Promise<void> {
    const { status, body } = statusOf(entry, result, this.#options.nowMs());
    await send(frameParts(status, body));
  }

  async #entry(id: string, uid: string): Promise<Entry> {
    const entry = await this.#options.store.entry(id);
    if (entry === undefined || entry.owner.uid !== uid)
      throw new Refusal(404, 'InvocationNotFound', 'this function has no such invocation');
    return entry;
  }
}
