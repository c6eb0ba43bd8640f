import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FUNCTIONS } from '#api/function.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { AccessVerdicts, ResourceAttributes } from '#platform/authorization/access-verdicts.ts';
import { refusalOfCaller } from '#platform/authorization/refuse-caller.ts';
import { type StreamSlot, StreamSlots } from '#platform/pod-logs/stream-slots.ts';
import type { Log } from '#platform/process/log.ts';
import { OpenConnections } from '#platform/process/open-connections.ts';
import { type Refusal, refuse } from '#platform/process/refuse.ts';
import { StoreError } from '../store/store.ts';
import { type AnswersOptions, answerTo, BadCursor } from './answers.ts';
import { type Asked, askedOf, isChange } from './asked.ts';

export interface InvocationsServerOptions extends AnswersOptions {
  access: Pick<AccessVerdicts, 'verdict'>;
  /** Of the function that has this name now; undefined: there is none. */
  functionUid: (namespace: string, name: string) => string | undefined;
  log: Log;
  /** 0: any free one. */
  port: number;
  /** Default: all addresses. */
  host?: string | undefined;
}

const MOST_CONNECTIONS = 256;
const HEAD_MS = 10_000;
/** Answers that are made or sent at the same time; further ones wait, by namespace in turn. */
const MOST_ANSWERS = 16;
const LONGEST_WAIT_MS = 5_000;
/** Longest that an answer may take to be sent: it lies in memory meanwhile. */
const SEND_MS = 30_000;
const STOP_MS = 2_000;

/** The API of api/invocations-for-people.ts: for each request the API server says whether its sender may see, or change, the Function. */
export class InvocationsServer implements AsyncDisposable {
  readonly #options: InvocationsServerOptions;
  readonly #server: Server;
  readonly #connections = new OpenConnections(MOST_CONNECTIONS);
  readonly #slots = new StreamSlots(MOST_ANSWERS);

  private constructor(options: InvocationsServerOptions) {
    this.#options = options;
    const limits = { headersTimeout: HEAD_MS, requestTimeout: HEAD_MS, connectionsCheckingInterval: HEAD_MS };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => this.#connections.add(socket));
  }

  /** Resolves when it listens, rejects when it cannot. */
  static async start(options: InvocationsServerOptions): Promise<InvocationsServer> {
    const server = new InvocationsServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once('error', reject);
    server.#server.listen({ port: options.port, ...(options.host !== undefined && { host: options.host }) }, resolve);
    await promise;
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What is being answered has two seconds for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), STOP_MS);
    await closed;
    clearTimeout(late);
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      await this.#serve(request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else refuse(response, this.#failure(error));
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = askedOf(request.method ?? '', request.url ?? '/');
    if ('mistake' in asked) return refuse(response, refusalOfMistake(asked));
    const refusal = await this.#refusal(request, asked);
    if (refusal !== undefined) return refuse(response, refusal);
    using _ = this.#connections.keep(request.socket);
    using slot = await this.#slot(asked.namespace);
    if (slot === undefined) return refuse(response, tooMany(asked.namespace));
    const { functionUid, log } = this.#options;
    const uid = functionUid(asked.namespace, asked.name);
    if (uid === undefined) return refuse(response, noFunction(asked));
    const answer = await answerTo(this.#options, asked, uid);
    if ('error' in answer) return refuse(response, answer);
    if (isChange(asked)) log.info({ ...asked, answer }, 'invocations were changed by hand');
    await send(response, answer, slot.taken);
  }

  /** Undefined: this caller may. */
  #refusal({ headers }: IncomingMessage, asked: Asked): Promise<Refusal | undefined> {
    const given = headers[CALLER_TOKEN_HEADER] ?? headers.authorization;
    const shown = typeof given === 'string' ? given : undefined;
    const { access, log } = this.#options;
    return refusalOfCaller(access, { shown, header: CALLER_TOKEN_HEADER, attributes: attributesOf(asked) }, log);
  }

  /** Undefined: none was free in time. */
  async #slot(namespace: string): Promise<StreamSlot | undefined> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), LONGEST_WAIT_MS);
    try {
      return await this.#slots.acquire(namespace, late.signal);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(error: unknown): Refusal {
    if (error instanceof BadCursor) return { status: 400, error: 'BadRequest', message: error.message };
    this.#options.log.error({ err: error }, 'a request about invocations failed');
    if (error instanceof StoreError)
      return { status: 503, error: 'Unavailable', message: `the store: ${error.message}`, retryAfterSeconds: 2 };
    return { status: 500, error: 'InternalError', message: 'the dispatcher failed; its log says why' };
  }
}

function attributesOf(asked: Asked): ResourceAttributes {
  const { group, plural: resource } = FUNCTIONS;
  const { namespace, name } = asked;
  return { namespace, verb: isChange(asked) ? 'update' : 'get', group, resource, name };
}

/** Resolves when the answer was taken, or its connection is gone. */
async function send(response: ServerResponse, answer: object, taken: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cut = () => response.destroy();
  const late = setTimeout(cut, SEND_MS);
  taken.addEventListener('abort', cut);
  response.once('finish', resolve).once('close', resolve);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(answer)}\n`);
  if (taken.aborted) cut();
  await promise;
  clearTimeout(late);
  taken.removeEventListener('abort', cut);
}

function refusalOfMistake({ status, mistake: message }: { status: 400 | 404 | 405; mistake: string }): Refusal {
  const error = { 400: 'BadRequest', 404: 'NotFound', 405: 'MethodNotAllowed' }[status];
  return { status, error, message };
}

function noFunction({ namespace, name }: Asked): Refusal {
  return { status: 404, error: 'FunctionNotFound', message: `there is no function ${name} in ${namespace}` };
}

function tooMany(namespace: string): Refusal {
  const message = `too many ask about invocations of ${namespace} at once`;
  return { status: 429, error: 'TooManyRequests', message, retryAfterSeconds: 1 };
}
