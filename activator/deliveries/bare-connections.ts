import type { Socket } from 'node:net';
import { guarded } from '../errors/guarded-entries.ts';

/** More than a dispatcher opens at once, all of which may come before the first token does. */
const MOST = 1_024;

/**
 * Connections over which no good token has come yet. Of too many the oldest is closed, not the newest: what only holds them
 * open keeps the dispatcher out for no longer than the others take to come.
 */
export class BareConnections {
  readonly #sockets = new Set<Socket>();
  readonly #onClose = guarded<Socket, []>('delivery request', closed(this.#sockets));

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', this.#onClose);
    const [oldest] = this.#sockets;
    if (this.#sockets.size > MOST) oldest?.destroy();
  }

  /** A good token came over it. */
  known(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}

function closed(sockets: Set<Socket>): (this: Socket) => void {
  return function () {
    sockets.delete(this);
  };
}
