import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { RequestIds } from '#api/request-id.ts';
import type { TlsPair } from '#platform/process/tls-files.ts';
import type { Clock } from '#platform/time/clock.ts';
import { AsyncFront } from './async/async-front.ts';
import type { Dispatcher } from './async/dispatcher.ts';
import { isFailure } from './errors/decision.ts';
import { type GatewayError, isRefused, type Reply } from './errors/gateway-error.ts';
import { attempt } from './errors/guarded-entries.ts';
import type { ClientConnection } from './inbound/client-connection.ts';
import { Backlog } from './inbound/client-reader.ts';
import type { ClientStream } from './inbound/client-stream.ts';
import { ConnectionLimit } from './inbound/connection-limit.ts';
import { Listener } from './inbound/listener.ts';
import { CLIENT_LIMITS, type ClientLimits, plainServer, secureContext, tlsServer } from './inbound/node-server.ts';
import type { TrustedProxies } from './inbound/trusted-proxies.ts';
import type { Judgement } from './policy/policy-chain.ts';
import type { ExchangeContext } from './proxy/exchange-context.ts';
import { TimerWheel } from './proxy/timer-wheel.ts';
import type { Tunnel } from './proxy/tunnel.ts';
import { writeReply } from './proxy/write-response.ts';
import { RoutedRequest } from './routed-request.ts';
import { StageList } from './stage-list.ts';
import {
  answerOptions,
  applyPolicies,
  chooseTarget,
  enterTarget,
  makeExchange,
  type RouteOptions,
  route,
  type Stage,
  type SyncOptions,
  validate,
  waitForSync,
} from './stages.ts';
import { type AccessLogEntry, traceIdOf } from './telemetry/access-log.ts';
import type { AuditLog } from './telemetry/audit-log.ts';
import type { FailureLog } from './telemetry/failure-log.ts';
import type { FunctionCounters } from './telemetry/function-counters.ts';

export interface GatewayOptions extends SyncOptions, RouteOptions {
  failures: FailureLog;
  audit: AuditLog;
  /** A request is over, and counted. The summary may be read until this returns. */
  finished: (summary: AccessLogEntry) => void;
  /** Of requests for which no function was found, and of what was no request. */
  unrouted: FunctionCounters;
  /** Connections of clients at most, TLS or not. */
  maxConnections: number;
  /** Most that is kept of what clients have sent ahead of their answers. */
  maxBacklogBytes: number;
  /** Proxies whose forwarding headers are believed; undefined: none. */
  trustedProxies?: TrustedProxies | undefined;
  /** Keeps what is to be delivered later; absent: nothing does. */
  dispatcher?: Dispatcher | undefined;
  /** Whether answers say in full why a request failed; default: no. */
  errorDetail?: boolean;
  /** Where they are not to be `CLIENT_LIMITS`. */
  limits?: Partial<ClientLimits>;
}

/** How often a draining gateway checks whether it is done. */
const LOOK_MS = 50;

/**
 * The gateway: every request of every function comes in here. Longer than 250 lines: all stages stand together, and what they
 * are made of.
 */
export class Gateway implements AsyncDisposable, ExchangeContext {
  readonly timers: TimerWheel;
  readonly connectionLimit: ConnectionLimit;
  readonly #options: GatewayOptions;
  readonly #ids = new RequestIds();
  readonly #backlog: Backlog;
  readonly #plain: Listener;
  /** Undefined until there is a certificate. */
  #secure: { door: Listener; server: TlsServer; clientCa: string | undefined } | undefined;
  readonly #stages: StageList;
  readonly #async: AsyncFront;
  readonly #tunnels = new Set<Tunnel>();
  #synced = false;
  #leaving = false;
  /** The quiet period is over: upgraded connections get a close frame. */
  #closesTunnels = false;
  #open = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.maxBacklogBytes);
    this.connectionLimit = new ConnectionLimit(options.maxConnections);
    this.timers = new TimerWheel(options.clock);
    this.#async = new AsyncFront({ clock: options.clock, timers: this.timers, dispatcher: options.dispatcher });
    const stages: Stage[] = [
      validate,
      answerOptions,
      makeExchange(this, this.#ids),
      waitForSync(options, () => this.#synced),
      route(options),
      applyPolicies,
      chooseTarget(this.#async),
      enterTarget,
    ];
    this.#stages = new StageList(stages, (request, answer) => this.#answer(request, answer));
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

  get draining(): boolean {
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
    return this.#tunnels.size;
  }

  get unrouted(): FunctionCounters {
    return this.#options.unrouted;
  }

  opened(): void {
    this.#open += 1;
  }

  finished(summary: AccessLogEntry): void {
    this.#open -= 1;
    attempt('finished', () => this.#options.finished(summary));
  }

  failed(failure: GatewayError, entry: AccessLogEntry, judgement?: Judgement): void {
    const { audit, failures } = this.#options;
    if (isRefused(failure)) audit.refused(failure, entry, judgement);
    else failures.failed(failure, entry.functionKey, entry.requestId, traceIdOf(entry.traceparent));
  }

  joined(tunnel: Tunnel): void {
    this.#tunnels.add(tunnel);
    tunnel.closed.then(() => this.#tunnels.delete(tunnel));
    if (this.#closesTunnels) tunnel.close();
  }

  /** Resolves with the port. */
  listen(port: number, host: string | undefined): Promise<number> {
    return this.#plain.listen(port, host);
  }

  /** Takes requests over TLS as well. Resolves with the port. */
  listenSecurely(pair: TlsPair, port: number, host: string | undefined): Promise<number> {
    const server = tlsServer(pair, this.#limits);
    this.#secure = { server, door: this.#door(server, 'https'), clientCa: pair.clientCa };
    return this.#secure.door.listen(port, host);
  }

  /**
   * For connections from now on; those that are open stay, but where the authorities of clients' certificates have changed those
   * of clients that have shown one. Whether clients are asked for one at all stays as it was.
   */
  setCertificate(pair: TlsPair): void {
    if (this.#secure === undefined) return;
    const { server, door, clientCa } = this.#secure;
    server.setSecureContext(secureContext(pair));
    this.#secure.clientCa = pair.clientCa;
    if (pair.clientCa !== clientCa) door.endCertified();
  }

  /**
   * From now on each answer ends its connection. New requests are served still, for their senders may not know yet; so
   * idle connections stay open too, for a request may be on its way. Once none has come for `quietMs`, upgraded connections
   * are closed (WebSockets with a close frame): not before, or their clients would come back to this gateway. Resolves when
   * no request is open after that, or when `signal` aborts.
   */
  async drain(quietMs: number, signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    this.#async.leave();
    this.#lastAtMs = this.clock.nowMs();
    while (!signal.aborted) {
      const quiet = this.clock.nowMs() - this.#lastAtMs >= quietMs;
      if (quiet && this.#open === 0) return;
      if (quiet && !this.#closesTunnels) this.#closeTunnels();
      await new Promise<void>((resolve) => void this.clock.after(LOOK_MS, resolve));
    }
  }

  /** Lets answers that are on their way reach their clients, then ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#closeTunnels(),
      this.#plain[Symbol.asyncDispose](),
      this.#secure?.door[Symbol.asyncDispose](),
    ]);
  }

  get #limits(): ClientLimits {
    return { ...CLIENT_LIMITS, ...this.#options.limits };
  }

  #door(server: Server | TlsServer, protocol: 'http' | 'https'): Listener {
    return new Listener(server, protocol, {
      clock: this.clock,
      limits: this.#limits,
      connectionLimit: this.connectionLimit,
      backlog: this.#backlog,
      proxies: this.#options.trustedProxies,
      begin: (stream, connection) => this.#begin(stream, connection),
      refused: ({ code }) => this.#options.unrouted.refused(code),
    });
  }

  async #closeTunnels(): Promise<void> {
    this.#closesTunnels = true;
    await Promise.all([...this.#tunnels].map((tunnel) => tunnel.close()));
  }

  #begin(stream: ClientStream, connection: ClientConnection): void {
    this.#lastAtMs = this.clock.nowMs();
    if (this.#leaving) stream.endConnection();
    this.#stages.pass(new RoutedRequest(stream, connection));
  }

  #answer(request: RoutedRequest, answer: Reply | GatewayError): void {
    const { stream, connection, hasExchange } = request;
    if (isFailure(answer)) {
      if (hasExchange) request.exchange.refuse(answer);
      // Where its fields can be read in two ways, so can what comes behind it: the connection ends with this answer.
      else connection.refuse(answer, this.#ids.next(), stream.head.method !== 'HEAD');
    } else if (hasExchange) request.exchange.reply(answer);
    else writeReply(stream, answer);
  }
}
