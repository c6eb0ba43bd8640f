import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where debuggers look by themselves. */
const USUAL_PORT = 9229;
const PORTS_TRIED = 50;

/**
 * One port of this machine's loopback that leads to the inspector of whichever replica is the newest. Connections to the one
 * before end with its successor: it runs on, and a debugger that is told to comes back and finds the new one.
 */
export class InspectorRelay implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** @param wanted undefined: 9229, or the next that is free. Throws EADDRINUSE where `wanted` is taken. */
  static async listen(wanted: number | undefined): Promise<InspectorRelay> {
    const ports = wanted === undefined ? Array.from({ length: PORTS_TRIED }, (_, n) => USUAL_PORT + n) : [wanted];
    for (const [tried, port] of ports.entries()) {
      const server = createServer().listen(port, '127.0.0.1');
      try {
        await once(server, 'listening');
        return new InspectorRelay(server, (server.address() as { port: number }).port);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tried === ports.length - 1) throw error;
      }
    }
    throw new Error('no port was tried');
  }

  /** From now on it leads to `port` of the loopback. */
  leadTo(port: number): void {
    this.#target = port;
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#end();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#target === undefined) {
      socket.destroy();
      return;
    }
    const target = connect(this.#target, '127.0.0.1');
    for (const one of [socket, target]) {
      this.#sockets.add(one);
      one.setNoDelay();
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        socket.destroy();
        target.destroy();
      });
    }
    socket.pipe(target).pipe(socket);
  }

  #end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
