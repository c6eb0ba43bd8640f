/** One port for HTTPS, as kubectl needs it, and for plain HTTP, for processes of the same machine that know the token. */
import type { RequestListener } from 'node:http';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Certificate } from '../auth/certificate.ts';

const TLS_HANDSHAKE = 0x16;

export class Listener implements AsyncDisposable {
  readonly #port: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: Server) {
    this.#port = port;
  }

  /** Listens when the promise resolves. `port` 0: any free one. */
  static async start(
    { host, port, certificate }: { host: string; port: number; certificate: Certificate },
    onRequest: RequestListener,
  ): Promise<Listener> {
    const plain = createHttp({ keepAliveTimeout: 60_000 }, onRequest);
    const secure = createHttps({ keepAliveTimeout: 60_000, ...certificate }, onRequest);
    const server = createServer({ noDelay: true });
    const listener = new Listener(server);
    server.on('connection', (socket) => listener.#sort(socket, (isTls) => (isTls ? secure : plain)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve());
    });
    return listener;
  }

  /** Where it listens: `127.0.0.1:38211`. */
  get authority(): string {
    const { address, port } = this.#port.address() as AddressInfo;
    return `${address}:${port}`;
  }

  /** Cuts all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#port.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Hands a connection over by its first byte. */
  #sort(socket: Socket, serverFor: (isTls: boolean) => Server): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return void socket.destroy();
      socket.unshift(chunk);
      serverFor(chunk[0] === TLS_HANDSHAKE).emit('connection', socket);
    });
  }
}
