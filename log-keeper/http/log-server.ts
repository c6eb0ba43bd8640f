import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOGS_TOKEN_HEADER } from '#api/kept-log.ts';
import type { Log } from '#platform/process/log.ts';
import { type LogAccess, TooManyReviews } from '../access/log-access.ts';
import type { LogStore } from '../store/log-store.ts';
import { functionOfPath, parseLogQuery } from './log-query.ts';
import { OpenConnections } from './open-connections.ts';
import { Places } from './places.ts';
import { sendLines } from './send-lines.ts';

export interface LogServerOptions {
  store: LogStore;
  access: Pick<LogAccess, 'verdict'>;
  log: Log;
  /** 0: any free one. */
  port: number;
  /** Default: all addresses. */
  host?: string | undefined;
  /** A request was answered so. */
  answered?: (status: number) => void;
}

const MOST_CONNECTIONS = 256;
const HEAD_MS = 10_000;
const TOKEN = /^Bearer ([\w.~+/=-]{1,8192})$/i;

/** `GET /v1/namespaces/<ns>/functions/<name>/logs`: the lines of a function, to those that may get the logs of its pods. */
export class LogServer implements AsyncDisposable {
  readonly places: Places;
  readonly #options: LogServerOptions;
  readonly #server: Server;
  readonly #connections = new OpenConnections(MOST_CONNECTIONS);
  readonly #stopping = new AbortController();

  private constructor(options: LogServerOptions) {
    this.#options = options;
    this.places = new Places(options.store.perFunctionBytes);
    const limits = { headersTimeout: HEAD_MS, requestTimeout: HEAD_MS, connectionsCheckingInterval: HEAD_MS };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => this.#connections.add(socket));
  }

  /** Resolves when it listens, rejects when it cannot. */
  static async start(options: LogServerOptions): Promise<LogServer> {
    const server = new LogServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once('error', reject);
    server.#server.listen({ port: options.port, ...(options.host !== undefined && { host: options.host }) }, resolve);
    await promise;
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Streams end after the line that is being sent; who follows goes on by its `after` elsewhere, or later. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), 2_000);
    await closed;
    clearTimeout(late);
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      await this.#serve(request, response);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a request for logs failed');
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'InternalError', 'the log keeper failed; its log says why');
    }
    this.#options.answered?.(response.statusCode);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { store } = this.#options;
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    if (request.method !== 'GET') return refuse(response, 405, 'MethodNotAllowed', 'logs are read by GET');
    const of = functionOfPath(path);
    if (of === undefined)
      return refuse(response, 404, 'NotFound', 'there is /v1/namespaces/<namespace>/functions/<name>/logs');
    if (!(await this.#mayRead(request, response, of.namespace))) return;
    const query = parseLogQuery(search);
    if ('mistake' in query) return refuse(response, 400, 'BadRequest', query.mistake);
    using _ = this.#connections.keep(request.socket);
    using place = await this.places.enter(of.namespace);
    if (place === undefined)
      return refuse(response, 429, 'TooManyRequests', `too many read the logs of ${of.namespace} at once`, 5);
    const ends = [this.#stopping.signal, place.taken];
    await sendLines({ store, of, query, response, places: this.places, ends });
  }

  /** Else it was refused. */
  async #mayRead(request: IncomingMessage, response: ServerResponse, namespace: string): Promise<boolean> {
    const given = request.headers[LOGS_TOKEN_HEADER];
    const [, token] = TOKEN.exec(typeof given === 'string' ? given : '') ?? [];
    if (token === undefined) {
      refuse(response, 401, 'Unauthorized', `${LOGS_TOKEN_HEADER}: Bearer <a token of the cluster> is needed`);
      return false;
    }
    try {
      const verdict = await this.#options.access.verdict(token, namespace);
      if (verdict === 'allowed') return true;
      if (verdict === 'unknown-token') refuse(response, 401, 'Unauthorized', 'the API server does not know this token');
      else refuse(response, 403, 'Forbidden', `this token may not get pods/log in namespace ${namespace}`);
    } catch (error) {
      if (!(error instanceof TooManyReviews))
        this.#options.log.warn({ err: error }, 'the API server did not say who may read');
      refuse(response, 503, 'Unavailable', 'the API server did not say whether this token may read logs', 2);
    }
    return false;
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  error: string,
  message: string,
  retryAfterSeconds?: number,
): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.end(`${JSON.stringify({ error, message })}\n`);
}
