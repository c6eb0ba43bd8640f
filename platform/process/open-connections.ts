import type { Socket } from 'node:net';

/**
 * Bounds connections without turning anyone away who has a right: where there are too many, the oldest goes of those on which no token that
 * counts was shown. Opening many and saying nothing keeps no reader out.
 */
export class OpenConnections {
  readonly #most: number;
  /** In the order in which they came. */
  readonly #strangers = new Set<Socket>();
  #kept = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(socket: Socket): void {
    this.#strangers.add(socket);
    socket.once('close', () => this.#strangers.delete(socket));
    const [oldest] = this.#strangers;
    if (this.#strangers.size + this.#kept > this.#most) oldest?.destroy();
  }

  /** It stays until what is returned is disposed: its request is being answered to one who may ask. */
  keep(socket: Socket): Disposable {
    this.#strangers.delete(socket);
    this.#kept += 1;
    return {
      [Symbol.dispose]: () => {
        this.#kept -= 1;
        if (!socket.destroyed) this.#strangers.add(socket);
      },
    };
  }
}
