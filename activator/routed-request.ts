import type { Admissible, Target } from './functions/target.ts';
import type { ClientConnection, IncomingRequest } from './inbound/client-connection.ts';
import type { Exchange } from './proxy/exchange.ts';
import type { Asked } from './routing/find-route.ts';

/** A request on its way through the gateway's stages; each adds what it finds out. */
export class RoutedRequest implements Asked, Admissible {
  readonly arrival: IncomingRequest;
  readonly connection: ClientConnection;
  host = '';
  /** Path and query, as the client asked for them until the request is routed, then as the function gets them. */
  path = '/';
  /** Undefined until it is routed. */
  target: Target | undefined;

  constructor(arrival: IncomingRequest, connection: ClientConnection) {
    this.arrival = arrival;
    this.connection = connection;
  }

  get peer(): string | undefined {
    const { proxies, address } = this.connection;
    return proxies === undefined ? address : undefined;
  }

  /** Throws in a stage before the one that makes it. */
  get exchange(): Exchange {
    const { exchange } = this.arrival;
    if (exchange === undefined) throw new Error('this stage comes before the request has an exchange');
    return exchange;
  }

  /** Its client was answered, or is gone. */
  get over(): boolean {
    return this.arrival.exchange?.over === true;
  }
}
