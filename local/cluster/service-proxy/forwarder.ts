/** One listening socket that passes its connections on. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Backend, NODE_ADDRESS } from './routes.ts';

interface ForwarderOptions {
  /** An endpoint took no connection. */
  refused?: () => void;
}

export class Forwarder {
  readonly #server: Server;
  readonly #pick: () => Backend | undefined;
  readonly #options: ForwarderOptions;

  private constructor(pick: () => Backend | undefined, options: ForwarderOptions) {
    this.#pick = pick;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#pass(client));
  }

  /**
   * Listens when the promise resolves.
   * @param pick the endpoint of the next connection; undefined: there is none, and the connection is reset
   */
  static async listen(
    at: { host: string; port: number },
    pick: () => Backend | undefined,
    options: ForwarderOptions = {},
  ): Promise<Forwarder> {
    const forwarder = new Forwarder(pick, options);
    const listening = once(forwarder.#server, 'listening');
    forwarder.#server.listen(at.port, at.host);
    await listening;
    return forwarder;
  }

  /** Takes no new connections; those that are open go on until one of their ends ends them. */
  close(): void {
    this.#server.close();
  }

  #pass(client: Socket): void {
    const backend = this.#pick();
    if (backend === undefined) return void client.resetAndDestroy();
    const upstream = connect({ ...backend, ...fromAddressOf(client), allowHalfOpen: true, noDelay: true });
    upstream.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') this.#options.refused?.();
    });
    // An end is passed on as an end, a break as a break.
    client.on('error', () => upstream.resetAndDestroy());
    upstream.on('error', () => client.resetAndDestroy());
    client.pipe(upstream).pipe(client);
  }
}

/** A pod is known by its address to whom it calls, as behind a cluster's Services; what has none calls from this machine's. */
function fromAddressOf({ remoteAddress = '' }: Socket): { localAddress?: string } {
  return remoteAddress.startsWith('127.') && remoteAddress !== NODE_ADDRESS ? { localAddress: remoteAddress } : {};
}
