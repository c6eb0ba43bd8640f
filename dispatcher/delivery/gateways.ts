import { allowed, failed, type Pause, type PausePolicy, probed } from './half-open.ts';

/** Where a gateway takes deliveries. */
export interface GatewayEndpoint {
  /** `http://10.0.0.7:8084`. */
  url: string;
  /** New deliveries may be sent there. One that leaves may still have some under way. */
  ready: boolean;
}

export interface Gateway {
  readonly url: string;
  /** Deliveries that it has. */
  running: number;
}

interface KnownGateway extends Gateway {
  ready: boolean;
  pause: Pause | undefined;
  /** It does not answer at all. */
  isHung: boolean;
}

/** Of one that cannot be reached, or that leaves. */
const GATEWAY_PAUSE: PausePolicy = { firstMs: 500, maxMs: 15_000, maxAskedMs: 15_000 };
/** Far more than there are. */
const MOST_GATEWAYS = 256;

/** Which gateways there are, and which of them is sent the next delivery. */
export class Gateways {
  #known = new Map<string, KnownGateway>();
  readonly #listeners = new Set<() => void>();
  #turn = 0;

  /** All that there are now. */
  set(endpoints: readonly GatewayEndpoint[]): void {
    const known = new Map<string, KnownGateway>();
    for (const { url, ready } of endpoints.slice(0, MOST_GATEWAYS)) {
      const gateway = known.get(url) ??
        this.#known.get(url) ?? { url, ready, running: 0, pause: undefined, isHung: false };
      // One that is back from leaving is another process at the same address.
      if (ready && !gateway.ready) gateway.pause = undefined;
      gateway.ready = ready;
      known.set(url, gateway);
    }
    this.#known = known;
    this.#tell();
  }

  /** Calls back after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Those that leave among them. */
  get all(): readonly Gateway[] {
    return [...this.#known.values()];
  }

  /** It is there still, and was not said to leave. */
  isReady({ url }: Gateway): boolean {
    return this.#known.get(url)?.ready === true;
  }

  /** It is there still, leaving or not. */
  isListed(gateway: Gateway): boolean {
    return this.#known.get(gateway.url) === gateway;
  }

  /** Of those that are ready and not left aside the one with the fewest deliveries, another one each time; undefined: there is none. */
  pick(nowMs: number): Gateway | undefined {
    const open = this.#open(nowMs);
    this.#turn += 1;
    const first = this.#turn % Math.max(open.length, 1);
    const rotated = [...open.slice(first), ...open.slice(0, first)];
    let best: KnownGateway | undefined;
    // One that failed is tried as soon as it may be: else the others, which have few, would keep it from being found well again.
    for (const gateway of rotated) {
      if (best === undefined || (best.pause === undefined && (gateway.pause || gateway.running < best.running)))
        best = gateway;
    }
    if (best?.pause !== undefined) best.pause = probed(best.pause, nowMs);
    return best;
  }

  /** When the first of those left aside may be tried; undefined: none is. */
  get nextMs(): number | undefined {
    const times = [...this.#known.values()].flatMap(({ ready, pause, isHung }) =>
      ready && pause && !isHung ? [pause.untilMs] : [],
    );
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** How many deliveries may be sent now: none, one to each of those that are tried again, or as many as one likes. */
  allowed(nowMs: number): number {
    return this.#open(nowMs).reduce((sum, { pause }) => sum + allowed(pause, nowMs), 0);
  }

  /** It could not be reached, or takes nothing. */
  failed(gateway: Gateway, failure: { begunAtMs: number; nowMs: number; askedMs?: number | undefined }): void {
    const known = this.#known.get(gateway.url);
    if (known !== undefined) known.pause = failed(known.pause, failure, GATEWAY_PAUSE);
  }

  /** It answered as a gateway does. */
  succeeded(gateway: Gateway): void {
    const known = this.#known.get(gateway.url);
    if (known !== undefined) known.pause = undefined;
  }

  /** Whether it answers nothing at all: it gets no delivery then, not even to try it. */
  setHung(gateway: Gateway, isHung: boolean): void {
    const known = this.#known.get(gateway.url);
    // Another may be listed at its address by now.
    if (known === undefined || known !== gateway || known.isHung === isHung) return;
    known.isHung = isHung;
    this.#tell();
  }

  isHung(gateway: Gateway): boolean {
    return this.isListed(gateway) && this.#known.get(gateway.url)?.isHung === true;
  }

  #open(nowMs: number): KnownGateway[] {
    return [...this.#known.values()].filter((one) => one.ready && !one.isHung && allowed(one.pause, nowMs) > 0);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
