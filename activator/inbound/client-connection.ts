// Longer than 250 lines: a connection's reading, answering and ending share one state, of which each event changes a part.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { GATEWAY_FAULT, type GatewayError } from '../errors/gateway-error.ts';
import { caught, type Entry, enter, guarded } from '../errors/guarded-entries.ts';
import type { ClientCertificate } from '../policy/policy.ts';
import { addressOf } from '../upstream/address.ts';
import { certificateOf } from './client-certificate.ts';
import { type Backlog, ClientReader, type ParserStop, type ReadPace, STOPPED } from './client-reader.ts';
import type { ClientStream } from './client-stream.ts';
import type { Http1Stream } from './http1-stream.ts';
import { closeLingering } from './linger.ts';
import { ProtocolWatch } from './protocol-name.ts';
import { refusalText } from './refusal-text.ts';
import { StallWatch } from './stall-watch.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import { faultOfReading } from './validate-request.ts';

/** The listener that accepted the connection. */
export interface ConnectionOwner {
  readonly protocol: 'http' | 'https';
  /** Pipelined bytes of all connections of the process. */
  readonly backlog: Backlog;
  /** Undefined: none is trusted. */
  readonly proxies: TrustedProxies | undefined;
  /** Gives the stream its handler, or refuses it. */
  begin(stream: ClientStream, connection: ClientConnection): void;
  /** A client was answered so whose request got no exchange. For the counters. */
  refused(failure: GatewayError): void;
  /** The connection has closed. */
  closed(connection: ClientConnection): void;
}

/** Memory of one pipelined request, its head included. */
const REQUEST_BYTES = 4_096;
/** What follows is not read any more, which is what `Connection: close` says. */
const AFTER_THE_LAST = 'HPE_CLOSED_CONNECTION';
/** The client has ended its side within a request. */
const AT_THE_END = 'HPE_INVALID_EOF_STATE';

const CONNECTION = Symbol('connection');
type ClientSocket = Socket & { [CONNECTION]?: ClientConnection };

/** What a socket belongs to; undefined: its TLS handshake is not over. */
export function connectionOf(socket: Socket): ClientConnection | undefined {
  return (socket as ClientSocket)[CONNECTION];
}

/**
 * One client's connection of HTTP/1. Pipelined requests are served one after the other, in their order. After a refusal
 * nothing more of it is served. The file is longer than others: what a connection is doing (serving, refusing, draining,
 * lingering) is one state, and every event of the socket or the parser has to see all of it.
 */
export class ClientConnection implements ReadPace {
  /** Those of the listener where the client is one of them; undefined: it is not. */
  readonly proxies: TrustedProxies | undefined;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader: ClientReader;
  #address: string | undefined;
  /** Null: nothing has asked for it yet. */
  #certificate: ClientCertificate | string | undefined | null = null;
  #current: Http1Stream | undefined;
  #waiting: Http1Stream[] | undefined;
  readonly #protocol = new ProtocolWatch();
  /** Pipelined requests that are counted in the backlog. */
  #ahead = 0;
  #refusal: string | undefined;
  #closing = false;
  #leaving = false;
  /** The connection ends with the answer to the last request that has come. */
  #isLast = false;
  /** What had been read when the server began to read: nothing, or what it has answered since. */
  #bytesBefore = 0;
  /** Lingering close: our side has ended; what the client still sends is read and thrown away. */
  #lingers = false;
  readonly #stalls = new StallWatch();

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#reader = new ClientReader(socket, this, owner.backlog);
    this.proxies = owner.proxies?.(this.address) === true ? owner.proxies : undefined;
    (socket as ClientSocket)[CONNECTION] = this;
    // Shared functions instead of closures, which would be held by each idle connection.
    socket.on('close', onSocketClosed);
    // Node calls this when an answer with `Connection: close` has left.
    socket.destroySoon = endGracefully;
  }

  /** The last answer has left: ends the connection, by a lingering close where its client still sends. */
  endGracefully(): void {
    const { request, upgradeTo } = this.#current ?? {};
    const sendsStill =
      request?.complete === false ||
      typeof upgradeTo === 'string' ||
      this.#waiting !== undefined ||
      this.#refusal !== undefined;
    if (!sendsStill) Socket.prototype.destroySoon.call(this.#socket);
    else this.#linger();
  }

  get protocol(): 'http' | 'https' {
    return this.#owner.protocol;
  }

  /** Of the client; an IPv4 address as such, also where it came to an IPv6 socket. */
  get address(): string {
    this.#address ??= addressOf(this.#socket.remoteAddress ?? '') ?? 'unknown';
    return this.#address;
  }

  /** As in `RequestFacts`. Read once: it cannot change without a new handshake, which is refused. */
  get certificate(): ClientCertificate | string | undefined {
    if (this.#certificate === null) this.#certificate = certificateOf(this.#socket);
    return this.#certificate;
  }

  /** The local address as a Host header has it: for a client of HTTP/1.0 that sends none. */
  get ownHost(): string {
    const { localAddress = 'unknown', localPort } = this.#socket;
    const address = addressOf(localAddress) ?? localAddress;
    return `${address.includes(':') ? `[${address}]` : address}:${localPort}`;
  }

  take(stream: Http1Stream): void {
    if (this.#closing) {
      this.#reader.watch();
      return;
    }
    stream.fault = this.faultOfProtocol(stream.request);
    // A body in chunks is parsed first as far as it came with the head: if it is malformed, nothing is passed on.
    const chunked = stream.request.headers['transfer-encoding'] !== undefined;
    if (this.#current === undefined && this.#waiting === undefined && !chunked) this.#start(stream);
    else this.#wait(stream, chunked);
  }

  /** To be asked while the parser calls for the request; undefined: nothing shows that it is none of HTTP. */
  faultOfProtocol(request: IncomingMessage): GatewayError | undefined {
    return this.#protocol.faultOf(request);
  }

  /** Answers the present request, which has no exchange, and ends the connection with that. */
  refuse(failure: GatewayError, requestId: string, hasBody: boolean): void {
    this.#waiting = undefined;
    this.#prepareRefusal(failure, requestId, hasBody);
    this.#end();
  }

  /** The client's bytes are no request, or the connection broke. */
  fail(error: ParserStop & { reason?: string }): void {
    if (error.code === STOPPED) {
      this.#reader.stopped(error);
      return;
    }
    const failure = faultOfReading(error);
    // During a lingering close the parser reports an error for each further read, until the client has ended its side.
    if (this.#lingers && error.code?.startsWith('HPE_') && error.code !== AT_THE_END) return;
    if (failure === undefined || this.#lingers || this.#socket.bytesRead === this.#bytesBefore) this.#socket.destroy();
    else if (error.code === AFTER_THE_LAST) this.#endAfterAnswers();
    else if (!this.#closing) this.#faultInLast(failure);
  }

  /** No more is read; a trailer may have said so, of which the server that answers knows nothing. */
  #endAfterAnswers(): void {
    this.#isLast = true;
    if (this.#current === undefined && this.#waiting === undefined) this.#socket.destroySoon();
  }

  /** The server reads the connection from now on, perhaps again, behind a request that it had parted after. */
  attached(): void {
    this.#bytesBefore = this.#socket.bytesRead - this.#socket.readableLength;
  }

  /** The server reads it no more. */
  detached(): void {
    this.#reader.detach();
  }

  /** The client has half-closed a connection that the server has let go of: it ends, unless it is a tunnel. */
  clientEnded(): void {
    if (this.#current?.upgraded !== true) this.#socket.end();
  }

  get ahead(): number {
    return this.#waiting?.length ?? 0;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** The socket has closed. */
  closed(): void {
    this.#reader.detach();
    this.#countAhead(0);
    this.#owner.closed(this);
  }

  /**
   * A callback of the gateway threw while it handled this connection: the present request fails, and the connection ends
   * with that; at once where no answer can be given any more.
   */
  crash(entry: Entry, error: unknown): void {
    const { response, handler } = this.#current ?? {};
    this.#waiting = undefined;
    this.#closing = true;
    if (response === undefined || response.headersSent || handler?.over) this.#socket.destroy();
    else response.shouldKeepAlive = false;
    if (handler !== undefined) handler.crash(entry, error);
    else if (response !== undefined && !this.#socket.destroyed) this.refuse(GATEWAY_FAULT, randomUUID(), true);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends when the present answer has left; at once where there is none. */
  leave(): void {
    this.#leaving = true;
    if (this.#current === undefined) this.#socket.destroySoon();
  }

  /** Slow clients: ends the request of one that for `stallMs` neither sends the body that it owes nor reads its answer. */
  look(nowMs: number, stallMs: number): void {
    const stream = this.#current;
    if (stream === undefined || stream.upgradeTo !== null) return;
    const stalls = this.#stalls.look(this.#socket, stream.owesBody, nowMs);
    if (stalls === undefined || stalls.forMs < stallMs) return;
    if (stalls.within === 'answer') this.#socket.destroy();
    else this.#faultInLast({ code: 'RequestTimeout', message: `the body stopped for ${stallMs / 1000} s` });
  }

  /** The fault is in the last request that came if that is not complete, else in one that did not get as far. */
  #faultInLast(failure: GatewayError): void {
    const last = this.#waiting?.at(-1) ?? this.#current;
    if (last?.request.complete === false && last.handler?.over === false) {
      this.#closing = true;
      last.response.shouldKeepAlive = false;
      last.handler.reject(failure);
      return;
    }
    if (last !== undefined && last !== this.#current && !last.request.complete) this.#waiting?.pop();
    this.#prepareRefusal(failure, randomUUID(), true);
    if (this.#current === undefined && (this.#waiting ?? []).length === 0) this.#end();
  }

  #start(stream: Http1Stream): void {
    this.#current = stream;
    // Node emits this after it has detached the response: only then may another answer begin.
    stream.response.on('close', onAnswered);
    try {
      enter('request goes on');
      if (stream.parted) stream.response.assignSocket(this.#socket);
      this.#owner.begin(stream, this);
    } catch (error) {
      this.crash('request goes on', error);
      caught('request goes on', error);
    }
  }

  #wait(stream: Http1Stream, soon: boolean): void {
    this.#waiting ??= [];
    this.#waiting.push(stream);
    if (soon && this.#current === undefined) setImmediate(startWaiting, this);
    this.#countAhead(this.#waiting.length);
    this.#reader.watch();
  }

  #countAhead(requests: number): void {
    this.#owner.backlog.add((requests - this.#ahead) * REQUEST_BYTES);
    this.#ahead = requests;
  }

  /** The present answer is out, or can be no more: goes on to the next request. */
  next(): void {
    this.#current?.handler?.onClosed();
    this.#current = undefined;
    if (!this.#socket.writable) return;
    const next = this.#leaving ? undefined : this.#waiting?.shift();
    this.#countAhead(this.#waiting?.length ?? 0);
    if (this.#leaving || (this.#isLast && next === undefined)) {
      this.#waiting = undefined;
      this.#socket.destroySoon();
      return;
    }
    if (next !== undefined) this.#start(next);
    else if (this.#refusal !== undefined) this.#end();
    if (this.#waiting?.length !== 0) return;
    this.#waiting = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** For a request that waited for no other. */
  startWaiting(): void {
    if (this.#current === undefined) this.next();
  }

  #prepareRefusal(failure: GatewayError, requestId: string, hasBody: boolean): void {
    this.#closing = true;
    this.#owner.refused(failure);
    this.#refusal = refusalText(failure, requestId, hasBody);
  }

  #end(): void {
    this.#linger(this.#refusal);
  }

  #linger(last?: string): void {
    if (this.#lingers) return;
    this.#lingers = true;
    this.#closing = true;
    // A paused body pauses the whole connection.
    this.#current?.request.resume();
    closeLingering(this.#socket, last);
  }
}

function endGracefully(this: Socket): void {
  const connection = connectionOf(this);
  if (connection === undefined) Socket.prototype.destroySoon.call(this);
  else connection.endGracefully();
}

const onSocketClosed = guarded<Socket, []>('client closes', closed, closed);

function closed(this: Socket): void {
  const connection = connectionOf(this);
  connection?.closed();
}

/** The response is closed: its handler has to learn of it even where this throws. */
const onAnswered = guarded<ServerResponse, []>(
  'client answered',
  function () {
    connectionOf(this.req.socket)?.next();
  },
  function (error) {
    connectionOf(this.req.socket)?.crash('client answered', error);
    this.req.socket.destroy();
  },
);

const startWaiting = guarded(
  'client turn',
  (connection: ClientConnection) => connection.startWaiting(),
  (error, connection) => connection.crash('client turn', error),
);
