import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { HEADER } from '#api/names.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { TlsPair } from '#platform/tls-files.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { type Failure, internalPath, noSuchFunction } from './failure.ts';
import { requestHeaders } from './headers.ts';
import type { Host } from './host.ts';
import { listenOn, plainServer, secureContext, tlsServer } from './listener.ts';
import { RequestIds } from './request-id.ts';
import type { RouteTable } from './route-table.ts';
import type { Traffic } from './traffic.ts';

export interface GatewayOptions {
  clock: Clock;
  log: Log;
  /** The present table. */
  routes: () => RouteTable<Traffic>;
  /** Resolves once the cluster's functions and pods are known. */
  synced: Promise<void>;
  /** Longest that a request waits for that. */
  syncWaitMs: number;
}

type Protocol = 'http' | 'https';

/** How a request came in. */
interface Arrival {
  protocol: Protocol;
  expectsContinue: boolean;
  upgrade: string | null;
}

/** A request on its way through the chain. */
interface Passage {
  exchange: Exchange;
  /** As the client asked for it. */
  host: string;
  path: string;
}

/** Takes a request that is not over; answers it, hands it on, or leaves it to the next, at once or when the promise resolves. */
type Step = (passage: Passage) => Promise<void> | undefined;

/** How often a gateway that leaves looks whether it may. */
const LOOK_MS = 50;
const LAST_BYTES_MS = 2_000;

/** The gateway: every request of every function comes in here. */
export class Gateway implements AsyncDisposable, Host {
  readonly deadlines: Deadlines;
  readonly #options: GatewayOptions;
  readonly #ids = new RequestIds();
  readonly #plain: Server;
  /** Undefined until there is a certificate. */
  #secure: TlsServer | undefined;
  /** What each request passes, in this order. */
  readonly #chain: readonly Step[];
  readonly #upgraded = new Set<Socket>();
  #synced = false;
  #leaving = false;
  #open = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.deadlines = new Deadlines(options.clock);
    this.#chain = [waitForSync(options, () => this.#synced), routeToFunction(options)];
    options.synced.then(() => {
      this.#synced = true;
    });
    this.#plain = plainServer();
    this.#serve(this.#plain, 'http');
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** Whether the cluster's functions and pods are known. */
  get synced(): boolean {
    return this.#synced;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  /** Requests that are not over. */
  get open(): number {
    return this.#open;
  }

  finished(): void {
    this.#open -= 1;
  }

  failed(failure: Failure, functionKey: string | null, requestId: string): void {
    const { code, message } = failure;
    this.#options.log.warn({ function: functionKey, requestId, code, why: message }, 'request failed');
  }

  /** Resolves with the port. */
  listen(port: number, host: string | undefined): Promise<number> {
    return listenOn(this.#plain, port, host);
  }

  /** Takes requests over TLS as well. Resolves with the port. */
  listenSecurely(pair: TlsPair, port: number, host: string | undefined): Promise<number> {
    this.#secure = tlsServer(pair);
    this.#serve(this.#secure, 'https');
    return listenOn(this.#secure, port, host);
  }

  /** For connections from now on; those that are open stay. */
  setCertificate(pair: TlsPair): void {
    this.#secure?.setSecureContext(secureContext(pair));
  }

  /**
   * From now on each answer ends its connection. New requests are served still, for their senders may not know yet; so
   * idle connections stay open too, for a request may be on its way. Resolves when no request is open and none has come
   * for `quietMs`, or when `signal` aborts.
   */
  async leave(quietMs: number, signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    this.#lastAtMs = this.clock.nowMs();
    while (!signal.aborted && (this.#open > 0 || this.clock.nowMs() - this.#lastAtMs < quietMs)) {
      await new Promise<void>((resolve) => void this.clock.after(LOOK_MS, resolve));
    }
  }

  /** Lets answers that are on their way reach their clients, then ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy();
    const servers = this.#secure === undefined ? [this.#plain] : [this.#plain, this.#secure];
    await Promise.all(servers.map((server) => this.#close(server)));
  }

  #close(server: Server | TlsServer): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(LAST_BYTES_MS, () => server.closeAllConnections());
      server.close(() => {
        cancel();
        resolve();
      });
      server.closeIdleConnections();
    });
  }

  #serve(server: Server | TlsServer, protocol: Protocol): void {
    const arrival = { protocol, expectsContinue: false, upgrade: null };
    server.on('request', (request, response) => this.#take(request, response, arrival));
    server.on('checkContinue', (request, response) =>
      this.#take(request, response, { ...arrival, expectsContinue: true }),
    );
    server.on('upgrade', (request, socket, head) => this.#takeUpgrade(request, socket as Socket, head, protocol));
  }

  #take(request: IncomingMessage, response: ServerResponse, arrival: Arrival): void {
    this.#open += 1;
    this.#lastAtMs = this.clock.nowMs();
    const { host, path } = targetOf(request);
    const address = request.socket.remoteAddress ?? 'unknown';
    const headers = requestHeaders(request.rawHeaders, { address, protocol: arrival.protocol, host });
    const requestId = headers.requestId ?? this.#ids.next();
    headers.headers.push(HEADER.requestId, requestId);
    const { expectsContinue, upgrade } = arrival;
    const exchange = new Exchange(request, response, { requestId, headers, expectsContinue, upgrade }, this);
    this.#pass({ exchange, host, path }, 0);
  }

  #takeUpgrade(request: IncomingMessage, socket: Socket, head: Buffer, protocol: Protocol): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.end());
    // The server itself knows nothing of this connection from here on.
    this.#upgraded.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#upgraded.delete(socket));
    if (head.length > 0) socket.unshift(head);
    // So that a client that leaves while it waits is noticed.
    else socket.read(0);
    this.#take(request, response, { protocol, expectsContinue: false, upgrade: 'websocket' });
  }

  #pass(passage: Passage, from: number): void {
    for (let i = from; i < this.#chain.length && !passage.exchange.over; i += 1) {
      const waits = this.#chain[i]?.(passage);
      if (waits === undefined) continue;
      waits.then(() => this.#pass(passage, i + 1));
      return;
    }
  }
}

/** Host and path, also of a request in absolute form (`GET http://host/path`), whose target goes before the Host header. */
function targetOf(request: IncomingMessage): { host: string; path: string } {
  const path = request.url ?? '/';
  if (path.startsWith('/')) return { host: request.headers.host ?? '', path };
  const url = URL.parse(path);
  if (url === null || url.host === '') return { host: request.headers.host ?? '', path: '/' };
  return { host: url.host, path: url.pathname + url.search };
}

/** Right after a start nothing is known: whoever comes then waits a little instead of being told that nothing is there. */
function waitForSync(options: GatewayOptions, synced: () => boolean): Step {
  return ({ exchange }) => {
    if (synced()) return undefined;
    return new Promise((resolve) => {
      const cancel = options.clock.after(options.syncWaitMs, () => {
        exchange.refuse({
          code: 'GatewayUnavailable',
          message: 'the gateway has not read the functions from the cluster yet; ask again',
        });
        resolve();
      });
      options.synced.then(() => {
        cancel();
        resolve();
      });
    });
  };
}

function routeToFunction(options: GatewayOptions): Step {
  return ({ exchange, host, path }) => {
    const route = options.routes().lookup(host, path);
    if (route.kind === 'function') exchange.enter(route.target, route.path);
    else if (route.owner !== undefined) exchange.refuse(internalPath(path, route.owner.view.key));
    else exchange.refuse(noSuchFunction(`${host}${path}`));
    return undefined;
  };
}
