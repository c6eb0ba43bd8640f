/** A replica that writes what it was given to write, byte for byte. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { GeneratedAnswer } from './generate/answers.ts';

export class RawReplica implements AsyncDisposable {
  /** Written in answer to the next request. */
  next: GeneratedAnswer = { pieces: [], pauseMs: 0, end: 'end' };
  /** Requests that came. */
  asked = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(): Promise<RawReplica> {
    const replica = new RawReplica();
    replica.#server.listen(0, '127.0.0.1');
    await once(replica.#server, 'listening');
    return replica;
  }

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        // A body that comes later is no further request.
        if (/^[A-Z]+ \//.test(chunk.toString('latin1', 0, 20))) void this.#answer(socket);
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #answer(socket: Socket): Promise<void> {
    const { pieces, pauseMs, end } = this.next;
    this.asked += 1;
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      if (pieces.length > 1) await (pauseMs > 0 ? sleep(pauseMs) : turn());
    }
    if (end === 'end') socket.end();
    if (end === 'reset') socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
