import { setImmediate } from 'node:timers/promises';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import type { DeliveryRuns } from './delivery-runs.ts';
import type { Gateway } from './gateways.ts';
import { LEASE_MS } from './held-leases.ts';
import type { ListedDelivery } from './read-answer.ts';

/** A gateway that does not say what it has is asked again after so long, until the leases of what it may have are over. */
const RETRY_MS = 1_000;
/** Leases that are extended, and entries that are read, at once. */
const AT_ONCE = 100;

type AdoptionParts = Pick<DeliveryParts, 'store' | 'policies' | 'gateways' | 'clock' | 'log'>;

/**
 * Takes over what gateways have under way for a process that was here before: each lease that is still good is extended, and its answer
 * waited for at the gateway. So a dispatcher that is replaced makes no handler run twice.
 */
export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #runs: DeliveryRuns;
  readonly #stopping: AbortSignal;
  /** Those that were asked already, as long as they are listed. */
  #asked = new Set<Gateway>();

  /** @param stopping nothing is asked any more */
  constructor(parts: AdoptionParts, runs: DeliveryRuns, stopping: AbortSignal) {
    this.#parts = parts;
    this.#runs = runs;
    this.#stopping = stopping;
  }

  /** Asks the gateways that are listed and were not asked yet; those that do not say are asked again after it resolved. Never rejects. */
  async adopt(signal: AbortSignal): Promise<void> {
    const listed = this.#parts.gateways.known.all;
    const fresh = listed.filter((gateway) => !this.#asked.has(gateway));
    this.#asked = new Set(listed);
    const endsAtMs = this.#parts.clock.nowMs() + LEASE_MS;
    await Promise.all(
      fresh.map((gateway) =>
        this.#from(gateway, signal).catch((error: unknown) => this.#again(gateway, endsAtMs, error)),
      ),
    );
  }

  #again(gateway: Gateway, endsAtMs: number, error: unknown): void {
    const { gateways, clock, log } = this.#parts;
    if (this.#stopping.aborted || !gateways.known.isListed(gateway)) return;
    if (clock.nowMs() >= endsAtMs) {
      log.warn({ gateway: gateway.url, err: error }, 'which deliveries a gateway has is not known');
      return;
    }
    const stop = () => cancel();
    const cancel = clock.after(RETRY_MS, () => {
      this.#stopping.removeEventListener('abort', stop);
      this.#from(gateway, this.#stopping).catch((next: unknown) => this.#again(gateway, endsAtMs, next));
    });
    this.#stopping.addEventListener('abort', stop, { once: true });
  }

  async #from(gateway: Gateway, signal: AbortSignal): Promise<void> {
    const { gateways, log } = this.#parts;
    const running = await gateways.connect(gateway).running(signal);
    let adopted = 0;
    for (let at = 0; at < running.length; at += AT_ONCE) {
      if (at > 0) await setImmediate();
      signal.throwIfAborted();
      adopted += await this.#some(gateway, running.slice(at, at + AT_ONCE));
    }
    if (adopted > 0) log.info({ gateway: gateway.url, deliveries: adopted }, 'deliveries were taken over');
  }

  async #some(gateway: Gateway, running: readonly ListedDelivery[]): Promise<number> {
    const { store, policies } = this.#parts;
    const known = running.filter(({ id, uid }) => !this.#runs.has(id) && policies.of(uid) !== undefined);
    if (known.length === 0) return 0;
    const holds = await store.extend(
      known.map(({ id, epoch }) => ({ id, epoch })),
      LEASE_MS,
    );
    const held = known.filter((_, index) => holds[index] === true);
    const entries = await Promise.all(held.map(({ id }) => store.entry(id)));
    for (const [index, { id, epoch, uid }] of held.entries()) {
      const entry = entries[index];
      const policy = policies.of(uid, id) as AsyncPolicy;
      if (entry?.owner.uid === uid && !this.#runs.has(id)) this.#runs.adopt({ id, epoch }, entry, { gateway, policy });
    }
    return held.length;
  }
}
