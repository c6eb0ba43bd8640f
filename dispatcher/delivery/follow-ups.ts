import { type EntryFacts, isTooDeep, readHead } from '../destinations/entry-head.ts';
import type { Ended, When } from '../destinations/event.ts';
import { followUp } from '../destinations/follow-up.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import { followUpsOf, settlementBytes } from '../store/check-input.ts';
import { readAnswer } from '../store/kept-answer.ts';
import type { NewEntry, Payload, Settled, Settlement } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import type { Unread } from './payload-queue.ts';
import { PayloadReader } from './payload-reader.ts';
import type { Verdict } from './verdict.ts';

/** Of payloads that are read again for what they become part of. */
const BUDGET_BYTES = 16 * 1_048_576;
/** Of answers that wait for that. */
const MOST_WAITING_BYTES = 16 * 1_048_576;

/** An entry that ends. */
export interface EndingEntry extends Unread {
  attempt: number;
  policy: AsyncPolicy;
  /** Undefined: its head was not read here. */
  facts: EntryFacts | undefined;
  verdict: Exclude<Verdict, { outcome: 'again' }>;
  settlement: Settlement;
}

interface Waiting extends EndingEntry {
  resolve: (followUps: readonly NewEntry[]) => void;
}

/** What follows the entries that end: their requests are read again for it, a few at a time. */
export class FollowUps {
  readonly #parts: DeliveryParts;
  readonly #payloads: PayloadReader<Waiting>;
  #waitingBytes = 0;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    const onRead = (ending: Waiting, payload: Payload | undefined, release: () => void) => {
      release();
      this.#waitingBytes -= settlementBytes(ending.settlement);
      ending.resolve(this.#follow(ending, payload));
    };
    this.#payloads = new PayloadReader(
      { store: parts.store, clock: parts.clock, log: parts.log, onRead },
      BUDGET_BYTES,
    );
  }

  /** Too many answers wait here to be made part of an event: no more are kept in memory for now. */
  get isFull(): boolean {
    return this.#waitingBytes >= MOST_WAITING_BYTES;
  }

  /** Undefined: nothing follows. Else it resolves once the store has given the request, however long that takes; never rejects. */
  of(ending: EndingEntry): Promise<readonly NewEntry[]> | undefined {
    if (destinationOf(ending) === undefined) return undefined;
    return new Promise((resolve) => {
      this.#waitingBytes += settlementBytes(ending.settlement);
      this.#payloads.add({ ...ending, resolve });
      this.#payloads.read();
    });
  }

  /** It is durable, and what follows with it. */
  settled({ id, policy }: Pick<EndingEntry, 'id' | 'policy'>, settlement: Settlement, { dropped }: Settled): void {
    const when = whenOf(settlement);
    const { length } = followUpsOf(settlement);
    for (let at = 0; at < length; at += 1) this.#parts.metrics.told(policy, when, at < dropped ? 'dropped' : 'stored');
    if (dropped > 0)
      this.#parts.log.warn({ id, when, dropped }, 'there was no room for the word of the end of an entry');
  }

  #follow(ending: Waiting, payload: Payload | undefined): NewEntry[] {
    // It was cancelled meanwhile: its settlement will not hold.
    if (payload === undefined) return [];
    try {
      return this.#made(ending, payload);
    } catch (error) {
      this.#parts.log.error({ err: error, id: ending.id }, 'of an entry that ended no word can be sent');
      return [];
    }
  }

  #made(ending: Waiting, payload: Payload): NewEntry[] {
    const { policies, wallMs, metrics, log } = this.#parts;
    const { id, attempt, policy, verdict, settlement } = ending;
    const { request, facts } = readHead(payload.head);
    const when = whenOf(verdict);
    const destination = destinationOf({ ...ending, facts });
    if (destination === undefined) return [];
    const { uid, namespace, name } = policy;
    const result = settlement.outcome === 'again' ? undefined : settlement.result;
    const ended: Ended = {
      ...{ id, owner: { uid, namespace, name }, when, attempts: attempt, note: settlement.note, atMs: wallMs() },
      reason: verdict.outcome === 'done' ? 'Done' : verdict.reason,
      ...{ request, body: payload.body, answer: result && readAnswer(result) },
    };
    const entry = followUp(ended, { destination, depth: facts.depth, uidOf: policies.uidOf });
    if (entry !== undefined) return [entry];
    metrics.told(policy, when, 'missing');
    log.warn(
      { id, namespace, destination, when },
      'the function that is to be told of the end of an entry is not there',
    );
    return [];
  }
}

function whenOf({ outcome }: { outcome: string }): When {
  return outcome === 'done' ? 'onSuccess' : 'onFailure';
}

/** Of an address that was called, and of a chain that was cut, nothing is told further. */
function destinationOf({ policy, facts, verdict }: EndingEntry): AsyncPolicy['onSuccess'] {
  if (facts !== undefined && (facts.url !== undefined || isTooDeep(facts))) return undefined;
  return policy[whenOf(verdict)];
}
