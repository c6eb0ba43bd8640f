import type { AsyncRequest } from './async/async-request.ts';
import type { Admissible, Target } from './functions/target.ts';
import type { ClientConnection } from './inbound/client-connection.ts';
import type { ClientStream } from './inbound/client-stream.ts';
import type { ClientCertificate, RequestFacts } from './policy/policy.ts';
import type { Exchange } from './proxy/exchange.ts';
import type { Asked } from './routing/find-route.ts';
import type { InvocationPath } from './routing/invocation-path.ts';

/** A request on its way through the gateway's stages; each adds what it finds out. */
export class RoutedRequest implements Asked, Admissible, RequestFacts, AsyncRequest {
  readonly stream: ClientStream;
  readonly connection: ClientConnection;
  host = '';
  /** Path and query, as the client asked for them until the request is routed, then as the function gets them. */
  path = '/';
  /** The same as the client asked for them, whatever becomes of it. */
  askedPath = '/';
  /** What of the path that was asked for led to the target; empty: nothing, or it is not routed. */
  base = '';
  /** Undefined: it is for the function. */
  invocation: InvocationPath | undefined;
  /** Undefined until it is routed. */
  target: Target | undefined;
  #exchange: Exchange | undefined;

  constructor(stream: ClientStream, connection: ClientConnection) {
    this.stream = stream;
    this.connection = connection;
  }

  get peer(): string | undefined {
    const { proxies, address } = this.connection;
    return proxies === undefined ? address : undefined;
  }

  get method(): string {
    return this.stream.head.method ?? 'GET';
  }
  get protocol(): string {
    return this.exchange.clientProtocol;
  }
  get clientAddress(): string {
    return this.exchange.clientAddress;
  }
  get certificate(): ClientCertificate | string | undefined {
    return this.connection.certificate;
  }
  get isUpgrade(): boolean {
    return this.stream.upgradeTo !== null;
  }

  header(name: string): string | undefined {
    const { rawHeaders } = this.stream.head;
    let value: string | undefined;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const one = rawHeaders[i] as string;
      if (one.length !== name.length || one.toLowerCase() !== name) continue;
      value = value === undefined ? rawHeaders[i + 1] : `${value}, ${rawHeaders[i + 1]}`;
    }
    return value;
  }

  /** Throws in a stage before the one that makes it. */
  get exchange(): Exchange {
    if (this.#exchange === undefined) throw new Error('this stage comes before the request has an exchange');
    return this.#exchange;
  }
  set exchange(exchange: Exchange) {
    this.#exchange = exchange;
  }
  get hasExchange(): boolean {
    return this.#exchange !== undefined;
  }

  /** Its client was answered, or is gone. */
  get over(): boolean {
    return this.#exchange?.over === true;
  }
}
