import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '#platform/log.ts';
import { RequestError } from '../objects/request-error.ts';
import { loadBuiltinKinds } from '../objects/schema/builtin-kinds.ts';
import type { Certificate } from './auth/certificate.ts';
import type { Tokens } from './auth/users.ts';
import { userOf } from './auth/users.ts';
import type { Call, Cluster } from './cluster.ts';
import { followDefinitions } from './crd/lifecycle.ts';
import { OpenApi } from './discovery/openapi.ts';
import { expireEvents } from './event-expiry.ts';
import { dispatch } from './handlers/dispatch.ts';
import type { Accepted } from './http/accept.ts';
import { acceptedOf } from './http/accept.ts';
import { failureOf, send } from './http/answer.ts';
import { readBody } from './http/body.ts';
import { Listener } from './http/listener.ts';
import type { ResourceRequest } from './http/request-info.ts';
import { resourceRequestOf } from './http/request-info.ts';
import { keepNamespaces } from './namespaces.ts';
import type { System } from './paths.ts';
import { answerSystem, isPublicPath, isReviewRequest } from './paths.ts';
import { keepQuotaStatus } from './quota-status.ts';
import { builtinResources } from './resources/builtin.ts';
import { Registry } from './resources/registry.ts';
import { badRequest, noSuchPath } from './status.ts';
import { Database } from './store/database.ts';
import { Store } from './store/store.ts';

export interface ApiServerOptions {
  /** Folder of the database. */
  dataDir: string;
  /** 0: any free one. */
  port: number;
  /** Address to listen on. */
  host: string;
  /** Changes that watches may begin behind; default 4,000. */
  history?: number;
  tokens: Tokens;
  certificate: Certificate;
  log: Log;
}

const FORMS: ReadonlySet<Accepted['form']> = new Set(['table', 'metadata']);

/** One API server and its state. Ends with its disposal: open watches are cut, what was written is on disk. */
export class ApiServer implements AsyncDisposable {
  #listener: Listener | undefined;
  readonly #database: Database;
  readonly #cluster: Cluster;
  readonly #tokens: Tokens;
  readonly #system: System;
  readonly #stops: (() => void)[];

  /** Listens when the promise resolves. */
  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const kinds = await loadBuiltinKinds();
    const database = new Database(options.dataDir);
    const store = new Store(database, options.history);
    const registry = new Registry(builtinResources(kinds));
    const cluster: Cluster = { store, registry, log: options.log, now: Date.now };
    const server = new ApiServer(cluster, database, options.tokens);
    try {
      server.#listener = await Listener.start(options, (request, response) => void server.#handle(request, response));
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose](); // the port is taken: the folder shall not be, too
      throw error;
    }
  }

  private constructor(cluster: Cluster, database: Database, tokens: Tokens) {
    this.#cluster = cluster;
    this.#database = database;
    this.#tokens = tokens;
    this.#system = { cluster, openApi: new OpenApi(cluster.registry) };
    this.#stops = [
      followDefinitions(cluster),
      keepNamespaces(cluster),
      keepQuotaStatus(cluster),
      expireEvents(cluster),
    ];
  }

  /** `127.0.0.1:38211`: both https and http are served there. */
  get authority(): string {
    return this.#listener?.authority ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#listener?.[Symbol.asyncDispose]();
    this.#database[Symbol.dispose]();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that is gone ends its own request, nothing else.
    response.on('error', () => response.destroy());
    const warnings: string[] = [];
    let media: Accepted['media'] = 'json';
    try {
      const url = urlOf(request);
      const asked = resourceRequestOf(url.pathname);
      if (asked === undefined || isReviewRequest(asked)) return await this.#answerSystem(request, url, response);
      const call = await this.#callOf(request, response, { url, asked, warnings });
      media = call.accepted.media;
      const answer = await dispatch(call, response);
      if (answer !== undefined) send(response, answer, { media, warnings });
    } catch (error) {
      if (!(error instanceof RequestError)) this.#cluster.log.error({ err: error }, 'request failed');
      if (response.headersSent) response.destroy();
      else send(response, failureOf(error), { media, warnings });
    }
  }

  async #answerSystem(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const isPublic = isPublicPath(url.pathname);
    const user = isPublic ? undefined : userOf(this.#tokens, request.headers.authorization);
    const { text } = await readBody(request);
    await answerSystem(this.#system, { request, url, body: text, user }, response);
  }

  async #callOf(
    request: IncomingMessage,
    response: ServerResponse,
    { url, asked, warnings }: { url: URL; asked: ResourceRequest; warnings: string[] },
  ): Promise<Call> {
    const user = userOf(this.#tokens, request.headers.authorization);
    const resource = this.#cluster.registry.find(asked.group, asked.version, asked.plural);
    if (resource === undefined) throw noSuchPath();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return {
      cluster: this.#cluster,
      resource,
      request: asked,
      method: request.method ?? 'GET',
      query: url.searchParams,
      headers: request.headers,
      accepted: acceptedOf(request.headers.accept, FORMS),
      user,
      warnings,
      gone: gone.signal,
      body: await readBody(request),
    };
  }
}

/** Throws a 400 for a path that is none. */
function urlOf(request: IncomingMessage): URL {
  const url = `http://localhost${request.url ?? '/'}`;
  if (!URL.canParse(url) || !isDecodable(new URL(url).pathname))
    throw badRequest('the path of the request is malformed');
  return new URL(url);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
