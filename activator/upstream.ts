import { Connection } from './http1/connection.ts';

/** Longest a dial may take. Within a cluster, what does not connect in this time is not there. */
const CONNECT_MS = 1_000;
/** An idle connection is closed after this, or a little before its replica would. */
const KEEP_ALIVE_MS = 60_000;
/** A request may be on its way for so long when the replica closes the connection. */
const CLOSING_MARGIN_MS = 1_000;
const SWEEP_MS = 15_000;
/** Idle connections kept per replica; more are closed. */
const MOST_IDLE = 256;

/**
 * The connections to one replica. The last one given back is the first one taken, so one that a probe has just proven
 * is the one that the next request gets.
 */
export class Upstream {
  readonly ip: string;
  readonly port: number;
  readonly #idle: Connection[] = [];
  readonly #forget = (connection: Connection) => this.#lost(connection);
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
  }

  /** A connection for one request, idle or not yet made; to be given back, or dropped when anything went wrong with it. */
  take(): Connection {
    const connection = this.#idle.pop();
    if (connection === undefined) return this.make();
    if (connection.free && performance.now() < expiresAtMs(connection)) return connection;
    connection.destroy();
    return this.take();
  }

  /** A connection that nothing was sent over yet. */
  make(connectMs = CONNECT_MS): Connection {
    return new Connection(this.ip, this.port, connectMs, this.#forget);
  }

  /** Keeps it for the next request if it can carry one. */
  give(connection: Connection): void {
    if (this.#closed || !connection.free || this.#idle.length >= MOST_IDLE) {
      connection.destroy();
      return;
    }
    connection.freeSinceMs = performance.now();
    this.#idle.push(connection);
    this.#sweeper ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }

  drop(connection: Connection): void {
    connection.destroy();
  }

  /** Opens a connection; rejects when that fails or takes too long. */
  async dial(timeoutMs: number): Promise<Connection> {
    const connection = this.make(timeoutMs);
    await connection.connected();
    return connection;
  }

  /** Closes what is idle now, and the rest when it is given back. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweeper);
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** A connection that the replica closed while it was idle is not worth keeping. */
  #lost(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const nowMs = performance.now();
    const kept = this.#idle.filter((connection) => nowMs < expiresAtMs(connection));
    for (const connection of this.#idle) if (!kept.includes(connection)) connection.destroy();
    this.#idle.splice(0, this.#idle.length, ...kept);
    if (kept.length > 0) this.#sweeper = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

function expiresAtMs({ freeSinceMs, idleSeconds }: Connection): number {
  const keptMs = idleSeconds === undefined ? KEEP_ALIVE_MS : idleSeconds * 1_000 - CLOSING_MARGIN_MS;
  return freeSinceMs + Math.min(KEEP_ALIVE_MS, keptMs);
}

/** Codes of failures that happened before any byte reached the replica. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'CLOSED']);

/** Whether the replica closed the connection: its process may have ended. */
export function wasCutOff(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && CUT_OFF.has(error.code);
}

/** Whether the request provably was not sent. Only to be asked of an attempt over a connection that never came about. */
export function wasNeverConnected(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && NOT_CONNECTED.has(error.code);
}
