import { guarded } from '../errors/guarded-entries.ts';
import { Connection, type ConnectionOwner } from './http1/connection.ts';
import { requestHead } from './http1/request-head.ts';
import type { Receiver, Upstream, UpstreamHead, UpstreamStream } from './upstream-stream.ts';

/** Longest a dial may take. Within a cluster, what does not connect in this time is not there. */
const CONNECT_MS = 1_000;
/** Idle connections are looked at this often; one is closed after a minute, or a little before its replica would. */
const SWEEP_MS = 15_000;
const IDLE_SWEEPS = 4;
/** A request may be on its way for so long when the replica closes the connection. */
const CLOSING_MARGIN_MS = 1_000;
/** Idle connections kept per replica; more are closed. */
const MOST_IDLE = 256;

/**
 * The connections to one replica. Idle ones are a stack (last in, first out), so that the next request gets the one that
 * a probe has just used, and surplus ones age until they are closed.
 */
export class ConnectionPool implements Upstream, ConnectionOwner {
  readonly ip: string;
  readonly port: number;
  readonly #idle: Connection[] = [];
  readonly #onSweep = guarded('replica timer', () => this.#sweep());
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
  }

  open(head: UpstreamHead, receiver: Receiver, onFresh: boolean): UpstreamStream {
    const { method, framing, upgrade } = head;
    const text = requestHead(method, head.path, head.outHeaders, { framing, upgrade });
    const connection = onFresh ? this.#make(CONNECT_MS) : this.#take();
    connection.send({ method, head: text, body: framing, upgrade: upgrade !== null }, receiver);
    return connection;
  }

  /** Keeps it for the next request if it can carry one. */
  give(connection: Connection): void {
    if (this.#closed || !connection.free || this.#idle.length >= MOST_IDLE) {
      connection.destroy();
      return;
    }
    // Read only where it matters: this runs for every request, and the clock is a good part of its cost.
    if (connection.idleSeconds !== undefined) connection.freeSinceMs = performance.now();
    connection.sweeps = 0;
    this.#idle.push(connection);
    this.#sweeper ??= setTimeout(this.#onSweep, SWEEP_MS).unref();
  }

  /** Opens a connection; rejects when that fails or takes too long. */
  async dial(timeoutMs: number): Promise<Connection> {
    const connection = this.#make(timeoutMs);
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
  lost(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** One for one request, idle or not yet made. */
  #take(): Connection {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return this.#make(CONNECT_MS);
      if (connection.free && !closesSoon(connection)) return connection;
      connection.destroy();
    }
  }

  #make(connectMs: number): Connection {
    return new Connection(this.ip, this.port, connectMs, this);
  }

  /** The longer idle ones come first. */
  #sweep(): void {
    this.#sweeper = undefined;
    for (const connection of this.#idle) connection.sweeps += 1;
    const old = this.#idle.findLastIndex((connection) => connection.sweeps >= IDLE_SWEEPS || closesSoon(connection));
    for (const connection of this.#idle.splice(0, old + 1)) connection.destroy();
    if (this.#idle.length > 0) this.#sweeper = setTimeout(this.#onSweep, SWEEP_MS).unref();
  }
}

/** Its replica has said when it closes idle connections, and that time has nearly come. */
function closesSoon({ freeSinceMs, idleSeconds }: Connection): boolean {
  if (idleSeconds === undefined) return false;
  return performance.now() >= freeSinceMs + idleSeconds * 1_000 - CLOSING_MARGIN_MS;
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
