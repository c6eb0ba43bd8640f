import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '#platform/process/log.ts';
import { RequestError } from '../objects/request-error.ts';
import { loadBuiltinKinds } from '../objects/schema/builtin-kinds.ts';
import type { Realism } from '../realism/realism.ts';
import { Policies } from './admission/policies/policies.ts';
import { AuditLog } from './audit/audit-log.ts';
import { AuditRecord } from './audit/audit-record.ts';
import { Authenticator } from './auth/authenticator.ts';
import type { Certificate } from './auth/certificate.ts';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { ADMINISTRATORS, type Tokens, type User } from './auth/users.ts';
import { attributesOf } from './authorization/attributes.ts';
import { keepRoles } from './authorization/keep-roles.ts';
import { Rbac } from './authorization/rbac.ts';
import type { Cluster } from './cluster.ts';
import { followDefinitions } from './crd/lifecycle.ts';
import { OpenApi } from './discovery/openapi.ts';
import { expireEvents } from './event-expiry.ts';
import { Gate } from './gate.ts';
import { dispatch } from './handlers/dispatch.ts';
import type { Accepted } from './http/accept.ts';
import { acceptedOf } from './http/accept.ts';
import type { Answer } from './http/answer.ts';
import { answerOf, refusalOf, retryLater, send, TURNED_AWAY } from './http/answer.ts';
import { readBody } from './http/body.ts';
import { Listener } from './http/listener.ts';
import { resourceRequestOf } from './http/request-info.ts';
import { keepNamespaces } from './namespaces.ts';
import type { System } from './paths.ts';
import { answerSystem, isReviewRequest } from './paths.ts';
import { keepQuotaStatus } from './quota-status.ts';
import { builtinResources } from './resources/builtin.ts';
import { Registry } from './resources/registry.ts';
import { publishRootCa } from './root-ca.ts';
import { isServiceProxy, proxyToService } from './service-proxy/service-proxy.ts';
import { badRequest, noSuchPath, statusOf } from './status.ts';
import { Database } from './store/database.ts';
import { Store } from './store/store.ts';
import { makeSystemPriorityClasses } from './system-priority-classes.ts';

interface ApiServerOptions {
  /** The cluster's name. */
  name: string;
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
  /** With which tokens of service accounts are signed, PEM. */
  signingKey: string;
  /** File to append audit events to; absent: none are written. */
  auditLog?: string | undefined;
  /** Watches are delayed and requests turned away as it says; absent: neither. */
  realism?: Realism | undefined;
  log: Log;
}

const FORMS: ReadonlySet<Accepted['form']> = new Set(['table', 'metadata']);

/** How an answer is to be sent; found out on the way to it. */
interface Form {
  media: Accepted['media'];
  readonly warnings: string[];
}

/** One API server and its state. Ends with its disposal: open watches are cut, what was written is on disk. */
export class ApiServer implements AsyncDisposable {
  #listener: Listener | undefined;
  readonly #database: Database;
  readonly #cluster: Cluster;
  readonly #gate: Gate;
  readonly #system: System;
  readonly #auditLog: AuditLog | undefined;
  readonly #stops: (() => void)[];

  /** Listens when the promise resolves. */
  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const kinds = await loadBuiltinKinds();
    const database = new Database(options.dataDir);
    const server = new ApiServer(options, database, new Registry(builtinResources(kinds)));
    try {
      server.#listener = await Listener.start(options, (request, response) => void server.#handle(request, response));
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose](); // the port is taken: the folder shall not be, too
      throw error;
    }
  }

  private constructor(options: ApiServerOptions, database: Database, registry: Registry) {
    const { name, history, log, signingKey, tokens, auditLog, certificate, realism } = options;
    const now = Date.now;
    const store = new Store(database, history);
    const authorizer = new Rbac(store);
    const serviceAccounts = new ServiceAccountTokens(signingKey, store, now);
    const authenticator = new Authenticator(tokens, serviceAccounts);
    const policies = new Policies(store);
    const cluster: Cluster = { store, registry, authorizer, serviceAccounts, policies, log, realism, now };
    this.#cluster = cluster;
    this.#database = database;
    this.#gate = new Gate(authenticator, authorizer);
    this.#auditLog = auditLog === undefined ? undefined : new AuditLog(auditLog, log);
    this.#system = { name, cluster, openApi: new OpenApi(registry), authenticator };
    makeSystemPriorityClasses(cluster);
    this.#stops = [
      () => authorizer[Symbol.dispose](),
      () => policies[Symbol.dispose](),
      followDefinitions(cluster),
      keepNamespaces(cluster),
      publishRootCa(cluster, certificate.cert),
      keepRoles(cluster),
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
    this.#auditLog?.[Symbol.dispose]();
    this.#database[Symbol.dispose]();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that is gone ends its own request, nothing else.
    response.on('error', () => response.destroy());
    const form: Form = { media: 'json', warnings: [] };
    const record = new AuditRecord(request, response, { log: this.#auditLog, now: this.#cluster.now });
    try {
      const answer = await this.#answer(request, response, record, form);
      if (answer === undefined) return record.follow(response);
      record.complete(answer.code);
      send(response, answer, form);
    } catch (error) {
      if (!(error instanceof RequestError)) this.#cluster.log.error({ err: error }, 'request failed');
      if (response.headersSent) {
        record.follow(response);
        response.destroy();
        return;
      }
      const status = statusOf(refusalOf(error));
      const answer = retryLater(answerOf(status.code ?? 500, status));
      record.complete(answer.code, status);
      send(response, answer, form);
    }
  }

  /** `undefined`: the answer is sent, or will be by and by. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    record: AuditRecord,
    form: Form,
  ): Promise<Answer | undefined> {
    const url = urlOf(request);
    const { method = 'GET', headers } = request;
    const asked = resourceRequestOf(url.pathname);
    const { pathname: path, searchParams: query } = url;
    const attributes = attributesOf({ method, path: decodeURIComponent(path), query, request: asked });
    record.attributes = attributes;
    const user = this.#gate.pass(request, attributes, record);
    if (this.#hasNoRoomFor(user)) return TURNED_AWAY;
    if (asked === undefined || isReviewRequest(asked)) {
      const { text: body } = await readBody(request);
      return await answerSystem(this.#system, { request, url, resource: asked, body, user }, response);
    }
    const cluster = this.#cluster;
    const resource = cluster.registry.find(asked.group, asked.version, asked.plural);
    if (resource === undefined) throw noSuchPath();
    if (isServiceProxy(asked)) {
      await proxyToService({ cluster, asked, incoming: request }, response);
      return undefined;
    }
    const accepted = acceptedOf(headers.accept, FORMS);
    form.media = accepted.media;
    const { warnings } = form;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const body = await readBody(request);
    const known = { cluster, resource, request: asked, method, query, headers, accepted, user, warnings, body };
    const call = { ...known, auditAnnotations: record.annotations, gone: gone.signal };
    return await dispatch(call, response);
  }

  /** Administrators are never turned away, as by the flow schema "exempt". */
  #hasNoRoomFor(user: User): boolean {
    return !user.groups.includes(ADMINISTRATORS) && this.#cluster.realism?.turnsAway() === true;
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
