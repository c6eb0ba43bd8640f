/** HTTP to the API server: connections, credentials, deadlines, and errors as KubeErrors. */
import type { IncomingMessage } from 'node:http';
import type { ClusterAccess } from '../access/credentials.ts';
import { pause, withDeadline } from '../time/deadline.ts';
import { KubeConnections, type OutgoingRequest } from './connections.ts';
import { errorFromAnswer, errorFromFailure, retryAfterMs } from './error-from.ts';
import type { WriteGate } from './write-gate.ts';

export interface KubeRequest {
  /** For error messages: `apply deployments.apps default/hello`. */
  what: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  contentType?: string;
  /** Default: JSON as it is. */
  accept?: string | undefined;
  body?: unknown;
}

/** An exec plugin may ask its own server first. */
const CREDENTIALS_MS = 30_000;
const HEADERS_MS = 10_000;
const MOST_TRIES = 4;

/** Calls to one API server. Every failure is a KubeError. */
export class KubeTransport implements AsyncDisposable {
  readonly #access: ClusterAccess;
  readonly #connections: KubeConnections;
  readonly #pathPrefix: string;
  readonly #userAgent: string;
  readonly #gate: WriteGate | undefined;

  constructor(access: ClusterAccess, userAgent: string, gate?: WriteGate) {
    const server = new URL(access.server);
    this.#access = access;
    this.#connections = new KubeConnections(server);
    this.#pathPrefix = server.pathname.replace(/\/$/, '');
    this.#userAgent = userAgent;
    this.#gate = gate;
  }

  /** The answer's whole body as text. `deadlineMs` bounds everything, retries included. */
  async call(request: KubeRequest, signal: AbortSignal, deadlineMs: number): Promise<string> {
    const gate = request.method === 'GET' ? undefined : this.#gate;
    const text = async (limited: AbortSignal) => await textOf(await this.#answer(request, limited, deadlineMs));
    try {
      if (gate === undefined) return await withDeadline(signal, deadlineMs, text);
      return await withDeadline(signal, deadlineMs, (own) =>
        withDeadline(gate.closed, gate.writeMs, (open) => text(AbortSignal.any([own, open]))),
      );
    } catch (error) {
      throw errorFromFailure(request.what, error, signal.aborted);
    }
  }

  /** The answer's body as it comes; `idleMs` is the longest silence before it fails, `onOpen` is called before the first byte. */
  async *stream(
    request: KubeRequest,
    signal: AbortSignal,
    { idleMs, onOpen }: { idleMs: number; onOpen?: (() => void) | undefined },
  ): AsyncGenerator<Uint8Array, void, void> {
    const own = new AbortController();
    const onAbort = () => own.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const answer = await this.#answer(request, own.signal, idleMs);
      onOpen?.();
      for await (const chunk of answer) yield chunk as Uint8Array;
    } catch (error) {
      throw errorFromFailure(request.what, error, signal.aborted);
    } finally {
      signal.removeEventListener('abort', onAbort);
      own.abort();
    }
  }

  /** A request that the API server passes on, and its answer whatever its status. Waits for nothing and asks once. */
  async forward(
    outgoing: Pick<OutgoingRequest, 'method' | 'path' | 'headers' | 'body'> & { what: string },
    limits: Pick<OutgoingRequest, 'headMs' | 'bodyIdleMs'>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { what, path, headers, ...rest } = outgoing;
    try {
      signal.throwIfAborted();
      const { authorization, tls } = await withDeadline(signal, CREDENTIALS_MS, () => this.#access.credentials());
      const own = { 'user-agent': this.#userAgent, ...headers, ...(authorization !== undefined && { authorization }) };
      const sent = { ...rest, ...limits, headers: own, path: this.#pathPrefix + path };
      return await this.#connections.send(sent, tls, signal);
    } catch (error) {
      throw errorFromFailure(what, error, signal.aborted);
    }
  }

  /** The next request asks for credentials anew. */
  forgetCredentials(): void {
    this.#access.refresh();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]();
  }

  /** The first answer with a good status. Asks again where the server said that it did nothing: 401 once, 429 and 503 with Retry-After. */
  async #answer(request: KubeRequest, signal: AbortSignal, bodyIdleMs: number): Promise<IncomingMessage> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#send(request, signal, bodyIdleMs);
      const { statusCode = 0, headers } = answer;
      if (statusCode < 300) return answer;
      const error = errorFromAnswer(request.what, statusCode, await textOf(answer));
      const waitMs = statusCode === 401 ? this.#newCredentialsWaitMs(tries) : retryAfterMs({ statusCode, headers });
      if (waitMs === undefined || tries === MOST_TRIES) throw error;
      await pause(waitMs, signal);
      signal.throwIfAborted();
    }
  }

  #newCredentialsWaitMs(tries: number): number | undefined {
    this.#access.refresh();
    return tries === 1 ? 0 : undefined;
  }

  async #send(request: KubeRequest, signal: AbortSignal, bodyIdleMs: number): Promise<IncomingMessage> {
    const { authorization, tls } = await withDeadline(signal, CREDENTIALS_MS, () => this.#access.credentials());
    const path = this.#pathPrefix + (request.method === 'GET' ? request.path : this.#pastGate(request.path));
    const headers = {
      // The key set of service account tokens is of another type, and refused (406) to those that take only this one.
      accept: request.accept ?? 'application/json, application/jwk-set+json',
      'user-agent': this.#userAgent,
      ...(authorization !== undefined && { authorization }),
      ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
    };
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const outgoing = { method: request.method, path, headers, body, headMs: HEADERS_MS, bodyIdleMs };
    return await this.#connections.send(outgoing, tls, signal);
  }

  /** The path of a write that may be sent now; it tells the server how long that holds. */
  #pastGate(path: string): string {
    if (this.#gate === undefined) return path;
    this.#gate.check();
    return `${path}${path.includes('?') ? '&' : '?'}timeout=${Math.floor(this.#gate.writeMs)}ms`;
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const chunk of answer) text += chunk as string;
  return text;
}
