/** Ports of this machine for programs that listen at all its addresses. */
import { randomInt } from 'node:crypto';
import { usedPorts } from '../machine/sockets.ts';
import { PortGuard } from './port-guard.ts';

/** Below those that connections get by themselves, and those of NodePorts. */
const FIRST = 20_000;
const COUNT = 10_000;

export class PortPool {
  readonly #listening: () => Set<number>;
  readonly #guard = new PortGuard();
  #next: number;

  /** @param listening ports on which something listens, at whatever address */
  constructor(listening: () => Set<number> = usedPorts, first: number = randomInt(COUNT)) {
    this.#listening = listening;
    this.#next = first;
  }

  /** In place of one that all pods have at their addresses, which no program may take at all addresses from now on. */
  takeInsteadOf(declared: number): number {
    this.#guard.hold(declared);
    return this.take();
  }

  /** Each one comes again only after all others, so that who got it has time to listen. Throws when all are taken. */
  take(): number {
    const busy = this.#listening();
    for (let tries = 0; tries < COUNT; tries += 1) {
      const port = FIRST + this.#next;
      this.#next = (this.#next + 1) % COUNT;
      if (!busy.has(port)) return port;
    }
    throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT - 1}`);
  }
}
