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

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** All that there are now. What one that is gone has under way still ends by itself. */
  set(endpoints: readonly GatewayEndpoint[]): void {
    this.known.set(endpoints);
    const urls = new Set(this.known.all.map(({ url }) => url));
    for (const url of this.#connections.keys()) if (!urls.has(url)) this.#connections.delete(url);
  }

  readonly connect = ({ url }: Gateway): GatewayConnection => {
    const known = this.#connections.get(url);
    if (known !== undefined) return known;
    const connection = new GatewayConnection(url, this.#options.token, this.#options.clock);
    this.#connections.set(url, connection);
    return connection;
  };

  /** Ends all connections to one that answers nothing any more: what it had under way is lost. */
  cut({ url }: Gateway): void {
    this.#connections.get(url)?.[Symbol.dispose]();
    this.#connections.delete(url);
  }

  [Symbol.dispose](): void {
    for (const gateway of this.known.all) this.cut(gateway);
  }
}
