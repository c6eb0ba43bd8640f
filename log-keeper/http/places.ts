/** Who may be answered at the same time. */
import { type StreamSlot, StreamSlots } from '#platform/pod-logs/stream-slots.ts';

/** Answers in all. */
const MOST_OPEN = 192;
/** Of one namespace, with those that wait. */
const MOST_OF_NAMESPACE = 32;
/** Kept lines that are held in memory while they are sent, as bytes on disk; as objects short ones take some sixteen times that. */
const MOST_SENT_BYTES = 8 * 2 ** 20;
const LONGEST_WAIT_MS = 10_000;

/**
 * Places are shared by namespace: where all are in use, one that has none takes one from that which has most, and while some wait
 * those that have had theirs for long give it up in turn. A reader that takes its time costs no other namespace anything.
 */
export class Places {
  readonly #answers = new StreamSlots(MOST_OPEN);
  readonly #sending: StreamSlots;
  /** By namespace, with those that wait. */
  readonly #asking = new Map<string, number>();

  /** @param perFunctionBytes what one answer may hold */
  constructor(perFunctionBytes: number) {
    this.#sending = new StreamSlots(Math.max(1, Math.floor(MOST_SENT_BYTES / perFunctionBytes)));
  }

  get open(): number {
    return this.#answers.open;
  }

  /** A place for the whole of an answer; undefined: the namespace has all of its own, or there was none in time. */
  async enter(namespace: string): Promise<StreamSlot | undefined> {
    const asking = this.#asking.get(namespace) ?? 0;
    if (asking >= MOST_OF_NAMESPACE) return undefined;
    this.#asking.set(namespace, asking + 1);
    const slot = await acquired(this.#answers, namespace);
    if (slot === undefined) this.#leave(namespace);
    return (
      slot && {
        taken: slot.taken,
        [Symbol.dispose]: () => {
          slot[Symbol.dispose]();
          this.#leave(namespace);
        },
      }
    );
  }

  /** A place for the part of an answer that is held in memory; undefined: there was none in time. */
  send(namespace: string): Promise<StreamSlot | undefined> {
    return acquired(this.#sending, namespace);
  }

  #leave(namespace: string): void {
    const asking = (this.#asking.get(namespace) ?? 1) - 1;
    if (asking === 0) this.#asking.delete(namespace);
    else this.#asking.set(namespace, asking);
  }
}

/** Undefined: there was none in time. */
async function acquired(slots: StreamSlots, namespace: string): Promise<StreamSlot | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), LONGEST_WAIT_MS);
  try {
    return await slots.acquire(namespace, late.signal);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
