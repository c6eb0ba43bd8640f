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
import type { Body } from './http/body.ts';
import { readBody } from './http/body.ts';
import { Listener } from './http/listener.ts';
import type { ResourceRequest } from './http/request-info.ts';
import { resourceRequestOf } from './http/request-info.ts';
import { keepNamespaces } from './namespaces.ts';
import type { SystemPaths } from './paths.ts';
import { systemPaths } from './paths.ts';
import { keepQuotaStatus } from './quota-status.ts';
import { builtinResources } from './resources/builtin.ts';
import { Registry } from './resources/registry.ts';
import { noSuchPath } from './status.ts';
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
  readonly #system: SystemPaths;
  readonly #stops: (() => void)[];

  /** Listens when the promise resolves. */
  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const kinds = await loadBuiltinKinds();
    const database = new Database(options.dataDir);
    const store = new Store(database, options.history);
    const registry = new Registry(builtinResources(kinds));
    const cluster: Cluster = { store, registry, log: options.log, now: Date.now };
    const server = new ApiServer(cluster, database, options.tokens);
    server.#listener = await Listener.start(options, (request, response) => void server.#handle(request, response));
    return server;
  }

  private constructor(cluster: Cluster, database: Database, tokens: Tokens) {
    this.#cluster = cluster;
    this.#database = database;
    this.#tokens = tokens;
    this.#system = systemPaths(cluster, new OpenApi(cluster.registry));
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
    const url = new URL(request.url ?? '/', 'http://localhost');
    // A client that is gone ends its own request, nothing else.
    response.on('error', () => response.destroy());
    const warnings: string[] = [];
    let call: Call | undefined;
    try {
      const resourceRequest = resourceRequestOf(url.pathname);
      const body = await readBody(request);
      if (resourceRequest === undefined || this.#system.isReview(resourceRequest)) {
        return await this.#answerSystem(request, response, { url, body: body.text });
      }
      call = this.#callOf(request, response, { url, body, resourceRequest, warnings });
      const answer = await dispatch(call, response);
      if (answer !== undefined) send(response, answer, { media: call.accepted.media, warnings });
    } catch (error) {
      this.#fail(error, response, call);
    }
  }

  async #answerSystem(
    request: IncomingMessage,
    response: ServerResponse,
    { url, body }: { url: URL; body: string },
  ): Promise<void> {
    const isPublic = this.#system.isPublic(url.pathname);
    const user = isPublic ? undefined : userOf(this.#tokens, request.headers.authorization);
    await this.#system.answer({ request, url, body, user }, response);
  }

  #callOf(
    request: IncomingMessage,
    response: ServerResponse,
    parts: { url: URL; body: Body; resourceRequest: ResourceRequest; warnings: string[] },
  ): Call {
    const user = userOf(this.#tokens, request.headers.authorization);
    const { group, version, plural } = parts.resourceRequest;
    const resource = this.#cluster.registry.find(group, version, plural);
    if (resource === undefined) throw noSuchPath();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return {
      cluster: this.#cluster,
      resource,
      request: parts.resourceRequest,
      method: request.method ?? 'GET',
      query: parts.url.searchParams,
      headers: request.headers,
      accepted: acceptedOf(request.headers.accept, FORMS),
      user,
      warnings: parts.warnings,
      gone: gone.signal,
      body: parts.body,
    };
  }

  #fail(error: unknown, response: ServerResponse, call: Call | undefined): void {
    const answer = failureOf(error);
    if (!(error instanceof RequestError)) this.#cluster.log.error({ err: error }, 'request failed');
    if (response.headersSent) response.destroy();
    else send(response, answer, { media: call?.accepted.media ?? 'json', warnings: call?.warnings ?? [] });
  }
}
