import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Lease, Store } from '../store/store.ts';

/** For so long an entry is nobody else's; extended long before. */
export const LEASE_MS = 30_000;
const EVERY_MS = 10_000;
const RETRY_MS = 1_000;
const MOST = 1_000;

export interface Held extends Lease {
  /** Another may have it by now: what comes of it here is worth nothing. */
  onLost: () => void;
}

/** The leases of what is under way here, extended together for as long as it is. */
export class HeldLeases {
  readonly #parts: { store: Pick<Store, 'extend'>; clock: Clock; log: Log };
  readonly #held = new Map<string, Held>();
  #cancel: () => void = () => undefined;

  constructor(parts: { store: Pick<Store, 'extend'>; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  add(held: Held): void {
    if (this.#held.size === 0) this.#next(EVERY_MS);
    this.#held.set(held.id, held);
  }

  remove({ id }: Lease): void {
    this.#held.delete(id);
    if (this.#held.size === 0) this.#cancel();
  }

  /** Extends all that are held now. */
  async extend(): Promise<void> {
    const all = [...this.#held.values()];
    for (let at = 0; at < all.length; at += MOST) {
      const batch = all.slice(at, at + MOST);
      const asked = batch.map(({ id, epoch }) => ({ id, epoch }));
      const holds = await this.#parts.store.extend(asked, LEASE_MS);
      for (const [index, held] of batch.entries()) {
        const { epoch } = asked[index] as Lease;
        const isSame = this.#held.get(held.id) === held && held.epoch === epoch;
        if (holds[index] === false && isSame) held.onLost();
      }
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  #next(delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => {
      this.extend().then(
        () => this.#again(EVERY_MS),
        (error: unknown) => {
          this.#parts.log.warn({ err: error, leases: this.#held.size }, 'leases cannot be extended now');
          this.#again(RETRY_MS);
        },
      );
    });
  }

  #again(delayMs: number): void {
    this.#cancel();
    if (this.#held.size > 0) this.#next(delayMs);
  }
}
