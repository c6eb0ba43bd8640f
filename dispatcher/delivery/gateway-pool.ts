import type { CredentialFile } from '#platform/access/credential-file.ts';
import type { Clock } from '#platform/time/clock.ts';
import { GatewayConnection } from './gateway-connection.ts';
import { type Gateway, type GatewayEndpoint, Gateways } from './gateways.ts';

interface PoolOptions {
  /** Proves to gateways that this is the dispatcher; undefined: none is sent. */
  token?: CredentialFile | undefined;
  clock: Clock;
}

/** The gateways that there are, with the connections to them. */
export class GatewayPool implements Disposable {
  readonly known = new Gateways();
  readonly #options: PoolOptions;
  readonly #connections = new Map<string, GatewayConnection>();
  /** Of those that are listed no longer and had something under way. */
  readonly #gone = new Map<Gateway, GatewayConnection>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** All that there are now. What one that is gone has under way still ends by itself, or by `cut`. */
  set(endpoints: readonly GatewayEndpoint[]): void {
    const before = this.known.all;
    this.known.set(endpoints);
    for (const gateway of before) if (!this.known.isListed(gateway)) this.#leave(gateway);
    this.#forgetGone();
  }

  /** Those that are listed, and those that are no longer and still have something under way. */
  get all(): readonly Gateway[] {
    this.#forgetGone();
    return [...this.known.all, ...this.#gone.keys()];
  }

  readonly connect = (gateway: Gateway): GatewayConnection => {
    const { url } = gateway;
    const isListed = this.known.isListed(gateway);
    const known = isListed ? this.#connections.get(url) : this.#gone.get(gateway);
    if (known !== undefined) return known;
    const connection = new GatewayConnection(url, this.#options.token, this.#options.clock);
    if (isListed) this.#connections.set(url, connection);
    else this.#gone.set(gateway, connection);
    return connection;
  };

  /** Ends all connections to one that answers nothing any more: what it had under way is lost. */
  cut(gateway: Gateway): void {
    const gone = this.#gone.get(gateway);
    if (gone !== undefined) {
      gone[Symbol.dispose]();
      this.#gone.delete(gateway);
      return;
    }
    this.#connections.get(gateway.url)?.[Symbol.dispose]();
    this.#connections.delete(gateway.url);
  }

  [Symbol.dispose](): void {
    for (const gateway of this.all) this.cut(gateway);
  }

  #leave(gateway: Gateway): void {
    const connection = this.#connections.get(gateway.url);
    if (connection !== undefined) this.#gone.set(gateway, connection);
    this.#connections.delete(gateway.url);
  }

  #forgetGone(): void {
    for (const gateway of this.#gone.keys()) if (gateway.running === 0) this.#gone.delete(gateway);
  }
}
