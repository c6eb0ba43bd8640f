import { frameParts } from '#api/rules/frame.ts';
import type { KeyedWaits } from '#platform/time/keyed-waits.ts';
import type { Entry, Store } from '../store/store.ts';
import { isOpen, statusOf } from './invocation-status.ts';
import { Refusal } from './refusal.ts';

interface StatusIntakeOptions {
  store: Pick<Store, 'entry' | 'result'>;
  /** Told of each id that has ended. */
  ended: KeyedWaits;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

const MOST_WAIT_SECONDS = 60;

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

/** Says how invocations go. */
export class StatusIntake {
  readonly #options: StatusIntakeOptions;

  constructor(options: StatusIntakeOptions) {
    this.#options = options;
  }

  /** The parts of one frame. Rejects with a Refusal where there is no such invocation of this function. */
  async answer({ id, uid, waitMs }: StatusQuestion, signal: AbortSignal): Promise<Uint8Array[]> {
    const { store, ended, nowMs } = this.#options;
    const over = new AbortController();
    const waiting = ended.wait(id, waitMs, AbortSignal.any([signal, over.signal]));
    try {
      let entry = await this.#entry(id, uid);
      if (isOpen(entry) && waitMs > 0) {
        await waiting;
        entry = await this.#entry(id, uid);
      }
      const result = isOpen(entry) ? undefined : await store.result(id);
      const { status, body } = statusOf(entry, result, nowMs());
      return frameParts(status, body);
    } finally {
      over.abort();
    }
  }

  async #entry(id: string, uid: string): Promise<Entry> {
    const entry = await this.#options.store.entry(id);
    if (entry === undefined || entry.owner.uid !== uid)
      throw new Refusal(404, 'InvocationNotFound', 'this function has no such invocation');
    return entry;
  }
}
