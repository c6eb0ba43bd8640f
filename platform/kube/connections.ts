/** Keep-alive HTTP/1.1 connections to one origin: one for each request that is under way, so that no watch holds up another. */
import { Agent as HttpAgent, type IncomingMessage, request as overTcp, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as overTls } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import type { TlsMaterial } from '../access/credentials.ts';

export interface OutgoingRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  /** Absent: none is sent. A stream is sent as it comes, and only once. */
  body?: string | Uint8Array | Readable | undefined;
  /** Longest until the answer's head is here, once there is a connection, in milliseconds. */
  headMs: number;
  /** Longest silence within the answer's body, in milliseconds. */
  bodyIdleMs: number;
}

const CONNECT_MS = 5_000;
/** An idle connection is closed after so long, or sooner where the server announces that it will. */
const KEEP_ALIVE_MS = 20_000;
/** Silence after which the kernel begins to ask whether the other side is still there. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class KubeConnections implements Disposable {
  readonly #origin: RequestOptions;
  readonly #isSecure: boolean;
  #agent: HttpAgent | undefined;
  #tls: TlsMaterial = {};
  /** Of earlier certificates, with requests under way. */
  readonly #retired = new Set<HttpAgent>();

  /** Connects with the first request. */
  constructor(origin: URL) {
    const { protocol, hostname, port } = urlToHttpOptions(origin);
    this.#origin = { protocol, hostname, port } as RequestOptions;
    this.#isSecure = origin.protocol === 'https:';
  }

  /**
   * Resolves with the answer once its head is here; its body has to be read to the end, or destroyed. Rejects with an
   * Error; what is late, then or within the body, is one named `TimeoutError`. A GET that meets the end of a kept
   * connection is asked once more.
   */
  async send(outgoing: OutgoingRequest, tls: TlsMaterial, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(outgoing, tls, signal);
    } catch (error) {
      const isSpent = outgoing.body instanceof Readable;
      if (outgoing.method !== 'GET' || isSpent || !metEnd(error) || signal.aborted) throw error;
      return await this.#sendOnce(outgoing, tls, signal);
    }
  }

  #sendOnce(outgoing: OutgoingRequest, tls: TlsMaterial, signal: AbortSignal): Promise<IncomingMessage> {
    const { method, path, headers, body, headMs, bodyIdleMs } = outgoing;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#isSecure ? overTls : overTcp;
    // Node's client counts the bytes of some methods' bodies only.
    const length = body !== undefined && framing(body);
    const agent = this.#agentFor(tls);
    const sent = request({ ...this.#origin, agent, method, path, headers: { ...headers, ...length }, signal });
    sent.on('error', (error) => {
      if (sent.reusedSocket) reused.add(error);
      reject(error);
    });
    sent.on('socket', (socket) => {
      if (socket.connecting) destroyUnlessConnected(socket, this.#isSecure);
    });
    let answering: IncomingMessage | undefined;
    sent.setTimeout(headMs, () => (answering ?? sent).destroy(silence(answering ? bodyIdleMs : headMs)));
    sent.on('response', (answer) => {
      answering = answer;
      sent.setTimeout(bodyIdleMs);
      resolve(answer);
    });
    if (body instanceof Readable) pipeline(body, sent, () => undefined);
    else sent.end(body);
    return promise;
  }

  /** Ends all connections, also those in use. */
  [Symbol.dispose](): void {
    this.#agent?.destroy();
    for (const agent of this.#retired) agent.destroy();
  }

  /** An agent belongs to its certificates: when they were rotated, a new one takes over and the old one ends with its last request. */
  #agentFor(tls: TlsMaterial): HttpAgent {
    if (this.#agent !== undefined && isSame(tls, this.#tls)) return this.#agent;
    if (this.#agent !== undefined) this.#retire(this.#agent);
    const options = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS, timeout: KEEP_ALIVE_MS };
    this.#agent = this.#isSecure ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
    this.#tls = tls;
    return this.#agent;
  }

  #retire(agent: HttpAgent): void {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    for (const old of this.#retired) if (Object.keys(old.sockets).length === 0) this.#retired.delete(old);
    this.#retired.add(agent);
  }
}

function framing(body: string | Uint8Array | Readable): Record<string, string> {
  if (body instanceof Readable) return { 'transfer-encoding': 'chunked' };
  return { 'content-length': String(Buffer.byteLength(body)) };
}

/** Errors of requests that went out over a connection which had carried others. */
const reused = new WeakSet<Error>();

/** The server may have closed the connection while it was idle, before the request came: it did not begin to answer. */
function metEnd(error: unknown): boolean {
  return (
    error instanceof Error && reused.has(error) && 'code' in error && /^(ECONNRESET|EPIPE)$/.test(String(error.code))
  );
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  const isPem = a.ca === b.ca && a.cert === b.cert && a.key === b.key;
  return isPem && a.servername === b.servername && a.rejectUnauthorized === b.rejectUnauthorized;
}

function destroyUnlessConnected(socket: Socket, isSecure: boolean): void {
  const late = () => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`));
  const timer = setTimeout(late, CONNECT_MS);
  const done = () => clearTimeout(timer);
  socket.once(isSecure ? 'secureConnect' : 'connect', done);
  socket.once('close', done);
}

function silence(ms: number): Error {
  return new DOMException(`nothing came within ${ms} ms`, 'TimeoutError');
}
