import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { Socket, Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '#platform/time/clock.ts';
import { guarded } from '../errors/guarded-entries.ts';
import { ClientConnection, type ConnectionOwner, connectionOf } from './client-connection.ts';
import type { Backlog } from './client-reader.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import { type ConnectionUse, Http1Stream } from './http1-stream.ts';
import { handOver, type ParseError, PREFACE_SEEN, requireHttp1 } from './http2-preface.ts';
import { type ClientLimits, listenOn } from './node-server.ts';
import { asksForUpgrade, isKept, upgradeOf } from './upgrade-request.ts';

export interface ListenerOptions {
  clock: Clock;
  limits: ClientLimits;
  connectionLimit: ConnectionLimit;
  backlog: Backlog;
  proxies?: ConnectionOwner['proxies'];
  begin: ConnectionOwner['begin'];
  refused: ConnectionOwner['refused'];
}

/** Answers that are on their way when all connections are to end get this long to reach their clients. */
const LAST_BYTES_MS = 2_000;
const ORDINARY: ConnectionUse = { awaitsContinue: false, upgradeTo: null, parted: false };
const AWAITING: ConnectionUse = { ...ORDINARY, awaitsContinue: true };

/** A server and its connections: passes the server's events to the connection that they are about, and ends slow ones. */
export class Listener implements ConnectionOwner, AsyncDisposable {
  readonly protocol: 'http' | 'https';
  readonly proxies: ConnectionOwner['proxies'];
  readonly begin: ConnectionOwner['begin'];
  readonly refused: ConnectionOwner['refused'];
  readonly backlog: Backlog;
  readonly #server: Server | TlsServer;
  readonly #options: ListenerOptions;
  readonly #connections = new Set<ClientConnection>();
  #timer: NodeJS.Timeout | undefined;
  #cancelSecondLook: () => void = () => undefined;

  constructor(server: Server | TlsServer, protocol: 'http' | 'https', options: ListenerOptions) {
    this.protocol = protocol;
    this.proxies = options.proxies;
    this.begin = options.begin;
    this.refused = options.refused;
    this.backlog = options.backlog;
    this.#server = server;
    this.#options = options;
    options.connectionLimit.guard(server);
    // Counted from their handshake on.
    if (protocol === 'https') server.on('connection', guarded('client connects', this.#count.bind(this), endSocket));
    const open = guarded('client connects', (socket: Socket) => this.#open(socket), endSocket);
    const take = (awaits: boolean) =>
      guarded(
        'client request',
        (req: IncomingMessage, res: ServerResponse) => this.#take(req, res, awaits ? AWAITING : ORDINARY),
        endRequest,
      );
    const upgrade = guarded<unknown, [IncomingMessage, unknown, Buffer]>(
      'client upgrade',
      this.#takeUpgrade.bind(this),
      endRequest,
    );
    server.on(protocol === 'http' ? 'connection' : 'secureConnection', open);
    server.on('request', take(false));
    server.on('checkContinue', take(true));
    server.on('checkExpectation', take(false));
    server.on('upgrade', upgrade);
    server.on('connect', upgrade);
    server.on(
      'clientError',
      guarded('client error', this.#fail.bind(this), (_error, _why, socket) => socket.destroy()),
    );
  }

  /** That are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Resolves with the port. */
  async listen(port: number, host: string | undefined): Promise<number> {
    const { clock, limits } = this.#options;
    const look = guarded(
      'client look',
      (connection: ClientConnection, nowMs: number) => connection.look(nowMs, limits.stallMs),
      (error, connection) => connection.crash('client look', error),
    );
    const onLook = () => {
      const nowMs = clock.nowMs();
      for (const connection of this.#connections) look(connection, nowMs);
    };
    this.#timer = setInterval(onLook, limits.lookMs);
    return await listenOn(this.#server, port, host);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  /**
   * Ends the connections of clients whose certificates were found good until now: each behind its present answer, idle ones at
   * once. Again when no handshake can be left that began before.
   */
  endCertified(): void {
    const end = () => {
      for (const connection of this.#connections) if (typeof connection.certificate === 'object') connection.leave();
    };
    const { clock, limits } = this.#options;
    this.#cancelSecondLook();
    end();
    this.#cancelSecondLook = clock.after(limits.handshakeMs + limits.lookMs, end);
  }

  /** Takes no more connections; lets answers that are on their way reach their clients, then ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#cancelSecondLook();
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(LAST_BYTES_MS, () => {
        this.#server.closeAllConnections();
        for (const connection of this.#connections) connection.destroy();
      });
      // Not http.Server's own close, which also destroys connections whose answer is still being sent.
      TcpServer.prototype.close.call(this.#server, () => {
        cancel();
        resolve();
      });
      for (const connection of this.#connections) connection.leave();
    });
  }

  #open(socket: Socket): void {
    // The server may have been given one anew.
    const known = connectionOf(socket);
    if (known !== undefined) {
      known.attached();
      return;
    }
    if (this.protocol === 'http') this.#count(socket);
    const connection = new ClientConnection(socket, this);
    this.#connections.add(connection);
    connection.attached();
  }

  #count(socket: Socket): void {
    this.#options.connectionLimit.took(socket);
  }

  #take(request: IncomingMessage, response: ServerResponse, use: ConnectionUse): void {
    // Node loses what comes behind a request with a body that asks for an upgrade, so the connection ends with it.
    if (request.headers.upgrade !== undefined && asksForUpgrade(request)) response.shouldKeepAlive = false;
    connectionOf(request.socket)?.take(new Http1Stream(response, use));
  }

  /** The server itself knows nothing of this connection from here on, unless the upgrade is declined. */
  #takeUpgrade(request: IncomingMessage, _socket: unknown, head: Buffer): void {
    const { socket } = request;
    const response = new ServerResponse(request);
    const upgradeTo = upgradeOf(request);
    response.shouldKeepAlive = upgradeTo === null && isKept(request);
    response.on(
      'finish',
      guarded('client answered', () => this.#answered(response, socket), endResponse),
    );
    socket.on('error', destroy);
    socket.on('end', onClientEnded);
    connectionOf(socket)?.detached();
    if (head.length > 0) socket.unshift(head);
    // Only a socket that is read from reports that its client has left.
    else socket.read(0);
    connectionOf(socket)?.take(new Http1Stream(response, { awaitsContinue: false, upgradeTo, parted: true }));
  }

  /** A request that asked for an upgrade has its answer, and has got none: the server reads on, or the connection ends. */
  #answered(response: ServerResponse, socket: Socket): void {
    if (!response.shouldKeepAlive) return void socket.destroySoon();
    response.detachSocket(socket);
    response.emit('close');
    if (socket.destroyed || !socket.writable) return;
    socket.off('error', destroy);
    socket.off('end', onClientEnded);
    this.#server.emit(this.protocol === 'http' ? 'connection' : 'secureConnection', socket);
  }

  #fail(error: Error, socket: Duplex): void {
    if (!(socket instanceof Socket)) return void socket.destroy();
    const connection = connectionOf(socket);
    if (connection === undefined) socket.destroy();
    else if (!this.#handOver(error, socket, connection)) connection.fail(error);
  }

  #handOver(error: ParseError, socket: Socket, connection: ClientConnection): boolean {
    if (error.code !== PREFACE_SEEN) return false;
    connection.detached();
    return handOver(error, socket, requireHttp1);
  }
}

function destroy(this: Socket): void {
  this.destroy();
}

const onClientEnded = guarded<Socket, []>(
  'client closes',
  function () {
    connectionOf(this)?.clientEnded();
  },
  destroy,
);

function endResponse(this: ServerResponse): void {
  this.req.socket.destroy();
}

function endSocket(_error: Error, socket: Socket): void {
  socket.destroy();
}

/** The request has not got as far as its turn, so there is no place for an answer to it. */
function endRequest(error: Error, { socket }: IncomingMessage): void {
  connectionOf(socket)?.crash('client request', error);
  socket.destroy();
}
