import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { HEADER } from '#api/names.ts';
import { RequestIds } from '#api/request-id.ts';
import type { TlsPair } from '#platform/process/tls-files.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type Summary, traceIdOf } from './access-log.ts';
import type { Arrival, ClientConnection } from './client-connection.ts';
import { Backlog } from './client-reader.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { Deadlines } from './deadlines.ts';
import { attempt, enter } from './entries.ts';
import { Exchange } from './exchange.ts';
import type { Failure } from './failure.ts';
import type { FailureLog } from './failure-log.ts';
import { type Asked, findRoute, nothingThere } from './find-route.ts';
import { FrontDoor } from './front-door.ts';
import { requestHeaders } from './headers.ts';
import type { Host } from './host.ts';
import { CLIENT_LIMITS, type ClientLimits, plainServer, secureContext, tlsServer } from './listener.ts';
import { answerOptions, isForGateway } from './options.ts';
import { faultOf, NO_TARGET, targetOf } from './request-faults.ts';
import type { RouteTable } from './route-table.ts';
import type { FunctionTraffic } from './traffic.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import type { Joint } from './upgrade.ts';

export interface GatewayOptions {
  clock: Clock;
  failures: FailureLog;
  /** A request is over. The summary may be read until this returns. */
  finished: (summary: Summary) => void;
  /** What a client sent was no request that could get an exchange. */
  refused: (failure: Failure) => void;
  /** The present table. */
  routes: () => RouteTable<FunctionTraffic>;
  /** Of the function whose pod has an address; undefined: none has. */
  namespaceOf: (address: string) => string | undefined;
  /** Resolves once the cluster's functions and pods are known. */
  synced: Promise<void>;
  /** Longest that a request waits for that. */
  syncWaitMs: number;
  /** Connections of clients at most, TLS or not. */
  maxConnections: number;
  /** Most that is kept of what clients have sent ahead of their answers. */
  maxBacklogBytes: number;
  /** Whose forwarding headers are believed; undefined: nobody's. */
  trustedProxies?: TrustedProxies | undefined;
  /** Whether callers are told all of why a request failed; default: no. */
  errorDetail?: boolean;
  /** Where they are not to be `CLIENT_LIMITS`. */
  limits?: Partial<ClientLimits>;
}

/** A request on its way through the chain. */
interface Passage extends Asked {
  exchange: Exchange;
}

/** Takes a request that is not over; answers it, hands it on, or leaves it to the next, at once or when the promise resolves. */
type Step = (passage: Passage) => Promise<void> | undefined;

/** How often a gateway that leaves looks whether it may. */
const LOOK_MS = 50;

/** The gateway: every request of every function comes in here. */
export class Gateway implements AsyncDisposable, Host {
  readonly deadlines: Deadlines;
  readonly connectionLimit: ConnectionLimit;
  readonly #options: GatewayOptions;
  readonly #ids = new RequestIds();
  readonly #backlog: Backlog;
  readonly #plain: FrontDoor;
  /** Undefined until there is a certificate. */
  #secure: { door: FrontDoor; server: TlsServer } | undefined;
  /** What each request passes, in this order. */
  readonly #chain: readonly Step[];
  readonly #joints = new Set<Joint>();
  #synced = false;
  #leaving = false;
  /** No more requests come: who holds a connection for something else than requests is told goodbye. */
  #goodbye = false;
  #open = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.maxBacklogBytes);
    this.connectionLimit = new ConnectionLimit(options.maxConnections);
    this.deadlines = new Deadlines(options.clock);
    this.#chain = [waitForSync(options, () => this.#synced), routeToFunction(options)];
    options.synced.then(() => {
      this.#synced = true;
    });
    this.#plain = this.#door(plainServer(this.#limits), 'http');
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

  get errorDetail(): boolean {
    return this.#options.errorDetail === true;
  }

  /** Requests that are not over. */
  get open(): number {
    return this.#open;
  }

  /** Of clients, upgraded ones among them. */
  get connections(): number {
    return this.#plain.connections + (this.#secure?.door.connections ?? 0);
  }

  get upgrades(): number {
    return this.#joints.size;
  }

  finished(summary: Summary): void {
    this.#open -= 1;
    attempt('finished', () => {
      enter('finished');
      this.#options.finished(summary);
    });
  }

  failed(failure: Failure, { functionKey, requestId, traceparent }: Summary): void {
    this.#options.failures.failed(failure, functionKey, requestId, traceIdOf(traceparent));
  }

  joined(joint: Joint): void {
    this.#joints.add(joint);
    joint.closed.then(() => this.#joints.delete(joint));
    if (this.#goodbye) joint.leave();
  }

  /** Resolves with the port. */
  listen(port: number, host: string | undefined): Promise<number> {
    return this.#plain.listen(port, host);
  }

  /** Takes requests over TLS as well. Resolves with the port. */
  listenSecurely(pair: TlsPair, port: number, host: string | undefined): Promise<number> {
    const server = tlsServer(pair, this.#limits);
    this.#secure = { server, door: this.#door(server, 'https') };
    return this.#secure.door.listen(port, host);
  }

  /** For connections from now on; those that are open stay. */
  setCertificate(pair: TlsPair): void {
    this.#secure?.server.setSecureContext(secureContext(pair));
  }

  /**
   * From now on each answer ends its connection. New requests are served still, for their senders may not know yet; so
   * idle connections stay open too, for a request may be on its way. Once none has come for `quietMs`, WebSockets and
   * other upgraded connections are told goodbye: not before, or their clients would come back to this gateway. Resolves
   * when no request is open after that, or when `signal` aborts.
   */
  async leave(quietMs: number, signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    this.#lastAtMs = this.clock.nowMs();
    while (!signal.aborted) {
      const quiet = this.clock.nowMs() - this.#lastAtMs >= quietMs;
      if (quiet && this.#open === 0) return;
      if (quiet && !this.#goodbye) this.#sayGoodbye();
      await new Promise<void>((resolve) => void this.clock.after(LOOK_MS, resolve));
    }
  }

  /** Lets answers that are on their way reach their clients, then ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#sayGoodbye(),
      this.#plain[Symbol.asyncDispose](),
      this.#secure?.door[Symbol.asyncDispose](),
    ]);
  }

  get #limits(): ClientLimits {
    return { ...CLIENT_LIMITS, ...this.#options.limits };
  }

  #door(server: Server | TlsServer, protocol: 'http' | 'https'): FrontDoor {
    const begin = (arrival: Arrival, connection: ClientConnection) => this.#begin(arrival, connection);
    return new FrontDoor(server, protocol, {
      clock: this.clock,
      limits: this.#limits,
      connectionLimit: this.connectionLimit,
      backlog: this.#backlog,
      proxies: this.#options.trustedProxies,
      begin,
      refused: this.#options.refused,
    });
  }

  async #sayGoodbye(): Promise<void> {
    this.#goodbye = true;
    await Promise.all([...this.#joints].map((joint) => joint.leave()));
  }

  #begin(arrival: Arrival, connection: ClientConnection): void {
    this.#lastAtMs = this.clock.nowMs();
    const { request, response } = arrival;
    if (this.#leaving) response.shouldKeepAlive = false;
    const fault = arrival.fault ?? faultOf(request);
    const target = targetOf(request);
    if (fault !== undefined || target === undefined) {
      this.#refuse(fault ?? NO_TARGET, arrival, connection);
      return;
    }
    if (request.method === 'OPTIONS' && isForGateway(request, target)) {
      answerOptions(response, this.#leaving);
      return;
    }
    const { host, path } = target;
    const { address, proxies, door } = connection;
    const client = { address, protocol: door.protocol, host: host === '' ? connection.ownHost : host, proxies };
    const headers = requestHeaders(request.rawHeaders, client);
    const requestId = headers.requestId ?? this.#ids.next();
    headers.headers.push(HEADER.requestId, requestId);
    if (this.errorDetail) headers.headers.push(HEADER.errorDetail, 'true');
    const { expectsContinue, upgrade } = arrival;
    const exchange = new Exchange(request, response, { requestId, headers, expectsContinue, upgrade }, this);
    this.#open += 1;
    arrival.exchange = exchange;
    this.#pass({ exchange, host, path, peer: proxies === undefined ? address : undefined }, 0);
  }

  #refuse(fault: Failure, { request }: Arrival, connection: ClientConnection): void {
    const requestId = this.#ids.next();
    connection.refuse(fault, requestId, request.method !== 'HEAD');
  }

  #pass(passage: Passage, from: number): void {
    for (let i = from; i < this.#chain.length && !passage.exchange.over; i += 1) {
      const waits = this.#chain[i]?.(passage);
      if (waits === undefined) continue;
      waits.then(() => this.#goOn(passage, i + 1));
      return;
    }
  }

  #goOn(passage: Passage, from: number): void {
    try {
      enter('request goes on');
      this.#pass(passage, from);
    } catch (error) {
      passage.exchange.crash('request goes on', error);
    }
  }
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
  return (passage) => {
    const route = findRoute(options.routes(), passage, options.namespaceOf);
    if (route.kind === 'function') passage.exchange.enter(route.target, route.path);
    else passage.exchange.refuse(nothingThere(passage, route.owner?.view.key));
    return undefined;
  };
}
