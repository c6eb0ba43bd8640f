import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { GatewayPool } from './gateway-pool.ts';
import type { Gateway } from './gateways.ts';

const EVERY_MS = 10_000;
/** So often in a row one does not answer before it is taken for dead. */
const MOST_MISSED = 3;

/**
 * Health checks of the gateways that have deliveries under way. One that hangs, or is cut off by the network, would hold them for as long as
 * a function may take, which may be a day.
 */
export class GatewayChecks implements Disposable {
  readonly #pool: Pick<GatewayPool, 'known' | 'all' | 'connect' | 'cut'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #missed = new Map<Gateway, number>();
  #cancel: () => void;

  constructor(pool: Pick<GatewayPool, 'known' | 'all' | 'connect' | 'cut'>, clock: Clock, log: Log) {
    this.#pool = pool;
    this.#clock = clock;
    this.#log = log;
    this.#cancel = clock.after(EVERY_MS, this.#check);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#cancel();
  }

  readonly #check = (): void => {
    const { known, all } = this.#pool;
    const busy = new Set(all.filter((gateway) => gateway.running > 0 || known.isHung(gateway)));
    this.#missed = new Map([...this.#missed].filter(([gateway]) => busy.has(gateway)));
    Promise.all([...busy].map((gateway) => this.#checkOne(gateway))).then(() => {
      if (!this.#stop.signal.aborted) this.#cancel = this.#clock.after(EVERY_MS, this.#check);
    });
  };

  async #checkOne(gateway: Gateway): Promise<void> {
    try {
      await this.#pool.connect(gateway).running(this.#stop.signal);
      this.#missed.delete(gateway);
      this.#pool.known.setHung(gateway, false);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const missed = (this.#missed.get(gateway) ?? 0) + 1;
      this.#missed.set(gateway, missed);
      if (missed < MOST_MISSED) return;
      const { url, running } = gateway;
      if (!this.#pool.known.isHung(gateway))
        this.#log.warn({ gateway: url, deliveries: running, err: error }, 'a gateway does not answer any more');
      this.#pool.known.setHung(gateway, true);
      this.#missed.delete(gateway);
      this.#pool.cut(gateway);
    }
  }
}
