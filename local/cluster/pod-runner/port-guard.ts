/** Keeps programs from listening at all addresses of the machine on a port that pods listen on, each at its own. */
import { createServer } from 'node:net';

/** Of no pod: theirs begin above. */
const ADDRESS = '127.0.255.254';

/**
 * A program that listens at all addresses would answer for every pod that does not listen yet, and take the port from
 * those that start. Where one address has the port already, the system refuses it all of them.
 */
export class PortGuard {
  readonly #held = new Set<number>();

  /** For as long as this process lives. Held by another run, or in use at all addresses already, it is tried again next time. */
  hold(port: number): void {
    if (this.#held.has(port)) return;
    this.#held.add(port);
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => this.#held.delete(port));
    server.listen(port, ADDRESS).unref();
  }
}
