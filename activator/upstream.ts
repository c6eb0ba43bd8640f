import { connect, type Socket } from 'node:net';
import { Client } from 'undici';

/** Longest a dial may take. Within a cluster, what does not connect in this time is not there. */
const CONNECT_MS = 1_000;
const KEEP_ALIVE_MS = 60_000;
/** All headers of a replica's answer together. */
const HEAD_MAX_BYTES = 65_536;
/** Idle connections kept per replica; more are closed. */
const MOST_IDLE = 256;

/** One connection to a replica; carries one request at a time. */
export type Connection = Client;

/**
 * The connections to one replica. The last one given back is the first one taken, so one that a probe has just proven
 * is the one that the next request gets. Only this file, attempt.ts and probe.ts know which HTTP client it is.
 */
export class Upstream {
  readonly ip: string;
  readonly port: number;
  readonly #origin: string;
  readonly #idle: Connection[] = [];
  #closed = false;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
    this.#origin = `http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
  }

  /** A connection for one request, idle or not yet made; to be given back, or dropped when anything went wrong with it. */
  take(): Connection {
    return this.#idle.pop() ?? this.#make(undefined);
  }

  give(connection: Connection): void {
    if (this.#closed || this.#idle.length >= MOST_IDLE) this.drop(connection);
    else this.#idle.push(connection);
  }

  drop(connection: Connection): void {
    connection.destroy(null, () => undefined);
  }

  /** Keeps an open socket as an idle connection. */
  adopt(socket: Socket): void {
    this.give(this.#make(socket));
  }

  /** Opens a socket; rejects when that fails or takes too long. */
  dial(timeoutMs: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      openSocket(this.ip, this.port, timeoutMs, (error, socket) => {
        if (socket === null) reject(error);
        else resolve(socket);
      });
    });
  }

  /** Closes what is idle now, and the rest when it is given back. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) this.drop(connection);
  }

  #make(open: Socket | undefined): Connection {
    let ready = open;
    const connection = new Client(this.#origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEAD_MAX_BYTES,
      // A function's own limits are counted by the exchange; these would cut streams.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        const socket = ready;
        ready = undefined;
        // Not before this returns: the client writes its request only when it is told later.
        if (socket !== undefined && socket.readyState === 'open') queueMicrotask(() => callback(null, socket));
        else openSocket(this.ip, this.port, CONNECT_MS, callback);
      },
    });
    connection.on('disconnect', () => this.#forget(connection));
    return connection;
  }

  /** A connection that the replica closed while it was idle is not worth keeping. */
  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at === -1) return;
    this.#idle.splice(at, 1);
    this.drop(connection);
  }
}

type Opened = (...result: [Error, null] | [null, Socket]) => void;

function openSocket(ip: string, port: number, timeoutMs: number, callback: Opened): void {
  const socket = connect({ host: ip, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  const onError = (error: Error) => {
    clearTimeout(timer);
    callback(error, null);
  };
  socket.once('error', onError);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', onError);
    callback(null, socket);
  });
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

const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Whether the replica closed the connection: its process may have ended. */
export function wasCutOff(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && CUT_OFF.has(error.code);
}

/** Whether the request provably was not sent. Only to be asked of an attempt that was not started on a connection. */
export function wasNeverConnected(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && NOT_CONNECTED.has(error.code);
}
