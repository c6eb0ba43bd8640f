/** Keep-alive HTTP/1.1 connections to one origin: one for each request that is under way, so that no watch holds up another. */
import { Agent as HttpAgent, type IncomingMessage, request as overTcp, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as overTls } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import type { TlsMaterial } from '../access/credentials.ts';

export interface OutgoingRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Absent: none is sent. */
  body?: string | undefined;
  /** Longest until the answer's head is here, once there is a connection, in milliseconds. */
  headMs: number;
  /** Longest silence within the answer's body, in milliseconds. */
  bodyIdleMs: number;
}

const CONNECT_MS = 5_000;
/** An idle connection is closed after so long, or sooner where the server announces that it will. */
const KEEP_ALIVE_MS = 30_000;
/** Silence after which the kernel begins to ask whether the other side is still there. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class KubeConnections implements Disposable {
  readonly #origin: RequestOptions;
  readonly #isSecure: boolean;
  #agent: HttpAgent | undefined;
  #tls = '';

  /** Connects with the first request. */
  constructor(origin: URL) {
    const { protocol, hostname, port } = urlToHttpOptions(origin);
    this.#origin = { protocol, hostname, port } as RequestOptions;
    this.#isSecure = origin.protocol === 'https:';
  }

  /**
   * Resolves with the answer once its head is here; its body has to be read to the end, or destroyed. Rejects with an
   * Error; what is late, then or within the body, is one named `TimeoutError`.
   */
  send(outgoing: OutgoingRequest, tls: TlsMaterial, signal: AbortSignal): Promise<IncomingMessage> {
    const { method, path, headers, body, headMs, bodyIdleMs } = outgoing;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#isSecure ? overTls : overTcp;
    // Node's client counts the bytes of some methods' bodies only.
    const length = body !== undefined && { 'content-length': String(Buffer.byteLength(body)) };
    const agent = this.#agentFor(tls);
    const sent = request({ ...this.#origin, agent, method, path, headers: { ...headers, ...length }, signal });
    sent.on('error', reject);
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
    sent.end(body);
    return promise;
  }

  /** Ends all connections of the newest certificates, also those in use. */
  [Symbol.dispose](): void {
    this.#agent?.destroy();
  }

  /** An agent belongs to its certificates: when they were rotated, a new one takes over and the old one ends with its last request. */
  #agentFor(tls: TlsMaterial): HttpAgent {
    const key = JSON.stringify(tls);
    if (this.#agent !== undefined && key === this.#tls) return this.#agent;
    if (this.#agent !== undefined) retire(this.#agent);
    const options = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS, timeout: KEEP_ALIVE_MS };
    this.#agent = this.#isSecure ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
    this.#tls = key;
    return this.#agent;
  }
}

function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
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
