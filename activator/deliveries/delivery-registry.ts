import type { DeliveryHead, RunningDelivery } from '#api/invocations.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryResult } from './delivery-result.ts';
import { KeptAnswers, type KeptBounds } from './kept-answers.ts';
import type { DeliveryOrder } from './read-delivery.ts';

export interface RegistryParts {
  clock: Clock;
  /** One that has not begun. @param ended called once, when it has its result */
  make(head: DeliveryHead, ended: (delivery: Delivery) => void): Delivery;
  /** Default: `REGISTRY_BOUNDS`. */
  bounds?: RegistryBounds;
}

export interface RegistryBounds {
  /** Deliveries under way. */
  running: number;
  /** Answers that were not fetched yet. */
  kept: KeptBounds;
  /** Answers that have left, and of which it is not known whether they have arrived. */
  sent: KeptBounds;
}

const MIB = 1_048_576;
const REGISTRY_BOUNDS: RegistryBounds = {
  running: 4_096,
  kept: { count: 1_000, bytes: 32 * MIB, ms: 600_000 },
  // As long as a lease.
  sent: { count: 1_000, bytes: 8 * MIB, ms: 30_000 },
};

/** `stale`: a newer lease has it. `full`: too many are under way. `leaving`: none begins here any more. */
export type NotTaken = 'stale' | 'full' | 'leaving';

/** The deliveries that are under way here, and those that have ended whose answers may still be asked for, by their ids. */
export class DeliveryRegistry implements Disposable {
  readonly #parts: RegistryParts;
  readonly #most: number;
  readonly #running = new Map<string, Delivery>();
  readonly #kept: KeptAnswers;
  readonly #sent: KeptAnswers;
  #leaving = false;

  constructor(parts: RegistryParts) {
    const { clock, bounds = REGISTRY_BOUNDS } = parts;
    this.#parts = parts;
    this.#most = bounds.running;
    this.#kept = new KeptAnswers(clock, bounds.kept, (delivery) => delivery.letGo());
    this.#sent = new KeptAnswers(clock, bounds.sent, () => undefined);
  }

  get running(): number {
    return this.#running.size;
  }
  /** Those that have ended, and whose answers were not fetched yet. */
  get kept(): number {
    return this.#kept.size;
  }
  /** Whether the dispatcher waits for one that is under way. */
  get awaited(): boolean {
    return this.#running.values().some(({ isAwaited }) => isAwaited);
  }
  get leaving(): boolean {
    return this.#leaving;
  }

  /** The delivery that is asked for: the one that is here already, be it another attempt's, or one that begins with this. */
  take(order: DeliveryOrder): Delivery | NotTaken {
    const { head } = order;
    const known = this.#known(head.id);
    if (known !== undefined) {
      if (head.epoch < known.head.epoch || head.uid !== known.head.uid) return 'stale';
      if (this.#answersFor(known, head)) return heldBy(known, head);
      this.#forget(head.id);
    }
    if (this.#leaving) return 'leaving';
    if (this.#running.size >= this.#most) return 'full';
    const delivery = this.#parts.make(head, (ended) => this.#end(ended));
    this.#running.set(head.id, delivery);
    try {
      delivery.begin(order);
    } catch (error) {
      this.#running.delete(head.id);
      throw error;
    }
    return delivery;
  }

  /** Undefined: there is none of that lease. */
  find(id: string, epoch: number): Delivery | undefined {
    const known = this.#known(id);
    return known?.head.epoch === epoch ? known : undefined;
  }

  /** Its answer has left. That it has arrived nothing says, so it can be had once more for a while. */
  fetched(delivery: Delivery): void {
    const { id } = delivery.head;
    if (this.#kept.find(id) !== delivery) return;
    this.#kept.drop(id);
    this.#sent.add(delivery);
  }

  /** All that are under way, and those that have ended whose answers were not fetched yet. */
  list(): RunningDelivery[] {
    return [...this.#running.values(), ...this.#kept.all()].map((delivery) => this.#described(delivery));
  }

  /** No delivery begins any more; those that no replica may have begun with end, for another gateway can have them. */
  leave(): void {
    this.#leaving = true;
    for (const delivery of [...this.#running.values()]) delivery.handBack();
  }

  /** Ends all that are under way. */
  cut(): void {
    for (const delivery of [...this.#running.values()]) delivery.cut();
  }

  [Symbol.dispose](): void {
    this.#kept[Symbol.dispose]();
    this.#sent[Symbol.dispose]();
  }

  #described(delivery: Delivery): RunningDelivery {
    const { id, epoch, uid, namespace, name, attempt, timeoutMs } = delivery.head;
    const ageMs = Math.round(this.#parts.clock.nowMs() - delivery.startedAtMs);
    return { id, epoch, uid, namespace, name, attempt, timeoutMs, ageMs, ended: delivery.result !== undefined };
  }

  #known(id: string): Delivery | undefined {
    return this.#running.get(id) ?? this.#kept.find(id) ?? this.#sent.find(id);
  }

  /**
   * Whether what is here is the answer to this. While it runs it is, so that a handler does not run twice at once. Of one that
   * has ended it is for the same lease; for a newer one only where the dispatcher cannot know the answer, and not where no
   * handler has begun with it: that may be otherwise by now. What failed is tried again once another attempt was counted.
   */
  #answersFor(known: Delivery, { id, epoch, attempt }: DeliveryHead): boolean {
    const { result, head } = known;
    if (result === undefined || epoch === head.epoch) return true;
    const isUnknown = this.#kept.find(id) === known && result.head.started;
    return isUnknown && (attempt === head.attempt || isDone(result));
  }

  #forget(id: string): void {
    this.#kept.drop(id);
    this.#sent.drop(id);
  }

  #end(delivery: Delivery): void {
    this.#running.delete(delivery.head.id);
    this.#kept.add(delivery);
  }
}

/** As far as can be said here: the function did not fail. */
function isDone({ head: { by, answer } }: DeliveryResult): boolean {
  return by === 'function' && answer.status < 400;
}

/** From here on the newer lease has it. */
function heldBy(known: Delivery, { epoch, attempt }: DeliveryHead): Delivery {
  known.head = { ...known.head, epoch, attempt };
  return known;
}
