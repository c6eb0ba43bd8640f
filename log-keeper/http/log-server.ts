import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { AccessVerdicts } from '#platform/authorization/access-verdicts.ts';
import { refusalOfCaller } from '#platform/authorization/refuse-caller.ts';
import type { Log } from '#platform/process/log.ts';
import { OpenConnections } from '#platform/process/open-connections.ts';
import { type Refusal, refuse } from '#platform/process/refuse.ts';
import type { LogStore } from '../store/log-store.ts';
import { functionOfPath, parseLogQuery } from './log-query.ts';
import { Places } from './places.ts';
import { sendLines } from './send-lines.ts';

export interface LogServerOptions {
  store: LogStore;
  access: Pick<AccessVerdicts, 'verdict'>;
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
      else
        refuse(response, { status: 500, error: 'InternalError', message: 'the log keeper failed; its log says why' });
    }
    this.#options.answered?.(response.statusCode);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { store } = this.#options;
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    if (request.method !== 'GET')
      return refuse(response, { status: 405, error: 'MethodNotAllowed', message: 'logs are read by GET' });
    const of = functionOfPath(path);
    if (of === undefined)
      return refuse(response, {
        status: 404,
        error: 'NotFound',
        message: 'there is /v1/namespaces/<namespace>/functions/<name>/logs',
      });
    const refusal = await this.#refusal(request, of.namespace);
    if (refusal !== undefined) return refuse(response, refusal);
    const query = parseLogQuery(search);
    if ('mistake' in query) return refuse(response, { status: 400, error: 'BadRequest', message: query.mistake });
    using _ = this.#connections.keep(request.socket);
    using place = await this.places.enter(of.namespace);
    if (place === undefined)
      return refuse(response, {
        status: 429,
        error: 'TooManyRequests',
        message: `too many read the logs of ${of.namespace} at once`,
        retryAfterSeconds: 5,
      });
    const ends = [this.#stopping.signal, place.taken];
    await sendLines({ store, of, query, response, places: this.places, ends });
  }

  /** Undefined: this caller may. */
  #refusal(request: IncomingMessage, namespace: string): Promise<Refusal | undefined> {
    const given = request.headers[CALLER_TOKEN_HEADER];
    const shown = typeof given === 'string' ? given : undefined;
    const attributes = { namespace, verb: 'get', resource: 'pods', subresource: 'log' };
    const { access, log } = this.#options;
    return refusalOfCaller(access, { shown, header: CALLER_TOKEN_HEADER, attributes }, log);
  }
}
