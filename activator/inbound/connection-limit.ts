import type { Server, Socket } from 'node:net';

/** An idle connection costs about so much; over TLS some times that. */
const CONNECTION_BYTES = 16 * 1024;
const MOST = 50_000;
/** Of files and connections that are not clients'. */
const RESERVED_FILES = 128;

/**
 * Connections of clients that a process can hold: in a quarter of its memory, and so that each may have another one to a
 * replica. At least one.
 * @param memoryBytes that the process may have; 0 or a huge number: not limited.
 * @param openFiles most that it may have open; Infinity: not known.
 */
export function connectionBound(memoryBytes: number, openFiles: number): number {
  const inMemory = memoryBytes > 0 ? memoryBytes / 4 / CONNECTION_BYTES : MOST;
  return Math.max(1, Math.floor(Math.min(inMemory, (openFiles - RESERVED_FILES) / 2, MOST)));
}

/** @param limits text of `/proc/self/limits`. Infinity: it does not say. */
export function openFilesOf(limits: string): number {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

/** Counts the connections of several servers together; beyond the bound new ones are closed as soon as they are there. */
export class ConnectionLimit {
  readonly most: number;
  open = 0;
  /** Closed because there were too many. */
  refused = 0;
  readonly #onClose = () => {
    this.open -= 1;
  };

  readonly #onDrop = () => {
    this.refused += 1;
  };

  constructor(most: number) {
    this.most = most;
  }

  /** Limits the connections of this server; each that it accepts has to be reported by `took`. */
  guard(server: Server): void {
    // Asked by Node for each connection that it accepts; 0: it is dropped before anything is made for it.
    Object.defineProperty(server, 'maxConnections', { get: () => (this.open >= this.most ? 0 : undefined) });
    server.on('drop', this.#onDrop);
  }

  took(socket: Socket): void {
    this.open += 1;
    socket.once('close', this.#onClose);
  }
}
