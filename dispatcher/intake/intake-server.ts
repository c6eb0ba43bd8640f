import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ENTRIES_PATH, INVOCATIONS_PATH } from '#api/invocations.ts';
import type { AccountTokens } from '#platform/access/account-tokens.ts';
import type { Log } from '#platform/process/log.ts';
import { OpenConnections } from '#platform/process/open-connections.ts';
import type { EntryIntake } from './entry-intake.ts';
import { HeldBytes, readBody } from './read-body.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { questionIn, type StatusIntake } from './status-intake.ts';

export interface IntakeServerOptions {
  entries: Pick<EntryIntake, 'accept'>;
  status: Pick<StatusIntake, 'answer'>;
  tokens: Pick<AccountTokens, 'check'>;
  log: Log;
  /** 0: any free one. */
  port: number;
  /** Default: all addresses. */
  host?: string | undefined;
  /** Most connections at once; default 2,048: each request that waits for the end of an invocation has one. */
  connections?: number;
  /** A request was answered so. */
  answered: (status: number) => void;
}

const MOST_CONNECTIONS = 2_048;
/** From the first byte of a request to its last; the same for an answer. */
const REQUEST_MS = 10_000;
/** Longer than a gateway keeps a connection that it does not use. */
const KEEP_ALIVE_MS = 120_000;
const STOP_MS = 2_000;
const MOST_BATCH_BYTES = 16 * 1_048_576;
const MOST_HELD_BYTES = 48 * 1_048_576;

/** The port at which gateways hand over what they accepted, and ask how it goes; only they are heard. */
export class IntakeServer implements AsyncDisposable {
  readonly #options: IntakeServerOptions;
  readonly #server: Server;
  readonly #connections: OpenConnections;
  readonly #held = new HeldBytes(MOST_HELD_BYTES);
  readonly #stopping = new AbortController();

  private constructor(options: IntakeServerOptions) {
    this.#options = options;
    this.#connections = new OpenConnections(options.connections ?? MOST_CONNECTIONS);
    const times = { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: REQUEST_MS };
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = createServer({ ...times, keepAliveTimeout: KEEP_ALIVE_MS }, listener);
    this.#server.on('connection', (socket) => this.#connections.add(socket));
  }

  /** Resolves when it listens, rejects when it cannot. */
  static async start(options: IntakeServerOptions): Promise<IntakeServer> {
    const server = new IntakeServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once('error', reject);
    server.#server.listen({ port: options.port, ...(options.host !== undefined && { host: options.host }) }, resolve);
    await promise;
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes nothing more. What is being stored is answered; those that wait for an end are told how it stands. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), STOP_MS);
    await closed;
    clearTimeout(late);
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const side of [request, response]) side.on('error', () => undefined);
    try {
      await this.#allow(request.headers.authorization);
      using _ = this.#connections.keep(request.socket);
      await this.#serve(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
    this.#options.answered(response.statusCode);
  }

  async #allow(authorization: string | undefined): Promise<void> {
    const checked = await this.#options.tokens.check(authorization);
    if (checked === 'bad') throw new Refusal(401, 'Unauthorized', 'only a gateway with its token may ask');
    if (checked === 'unavailable') throw new Refusal(503, 'NoKeys', 'it cannot be told now whether this is a gateway');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    if (url === ENTRIES_PATH && method === 'POST') return await this.#takeEntries(request, response);
    if (url.startsWith(INVOCATIONS_PATH) && method === 'GET') return await this.#tellStatus(url, response);
    throw new Refusal(404, 'NotFound', `there are POST ${ENTRIES_PATH} and GET ${INVOCATIONS_PATH}<id>`);
  }

  async #takeEntries(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#stopping.signal.aborted) throw new Refusal(503, 'Closed', 'this dispatcher is leaving');
    using body = await readBody(request, MOST_BATCH_BYTES, this.#held);
    const outcomes = await this.#options.entries.accept(body.bytes, this.#stopping.signal);
    this.#send(response, 'application/json', [Buffer.from(JSON.stringify(outcomes))]);
  }

  async #tellStatus(url: string, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    void closed.then(() => gone.abort());
    const question = questionIn(url.slice(INVOCATIONS_PATH.length));
    const ends = { gone: gone.signal, stopping: this.#stopping.signal };
    await this.#options.status.answer(question, ends, async (parts) => {
      this.#send(response, 'application/octet-stream', parts);
      // One that does not read what it asked for holds up no other.
      const late = setTimeout(() => response.destroy(), REQUEST_MS);
      await closed;
      clearTimeout(late);
    });
  }

  #send(response: ServerResponse, contentType: string, parts: readonly Uint8Array[]): void {
    // So that a stop has not to wait for connections that nothing uses.
    if (this.#stopping.signal.aborted) response.setHeader('connection', 'close');
    response.setHeader('content-type', contentType);
    response.setHeader(
      'content-length',
      parts.reduce((sum, { length }) => sum + length, 0),
    );
    for (const part of parts) response.write(part);
    response.end();
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.destroyed) return;
    const refusal = refusalOf(error);
    if (refusal.status === 500) this.#options.log.error({ err: error }, 'a request of a gateway failed');
    if (response.headersSent) return void response.destroy();
    // What is left of the request is not read.
    if (!request.complete) response.setHeader('connection', 'close');
    response.statusCode = refusal.status;
    this.#send(response, 'application/json', [Buffer.from(JSON.stringify(refusal.body))]);
  }
}
