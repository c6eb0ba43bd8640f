// Longer than 250 lines: a gateway, its cluster's side and its client are put together in one place.
/** For tests: a gateway in front of real HTTP servers, with the cluster's side in the test's hands. */
import { type Agent, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { pino } from 'pino';
import type { FunctionObject } from '#api/function.ts';
import { FunctionSpec } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { API_VERSION, KIND, LABEL, RUNTIME_ENV } from '#api/names.ts';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import { normalRoute } from '#api/rules/route.ts';
import { createLog } from '#platform/process/log.ts';
import { systemClock } from '#platform/time/clock.ts';
import type { Dispatcher } from '../async/dispatcher.ts';
import type { RevisionRef, Scales } from '../cold-start/deployment-scale.ts';
import { ScaleUp } from '../cold-start/scale-up.ts';
import { guardedClock } from '../errors/guarded-entries.ts';
import { FunctionRegistry } from '../functions/function-registry.ts';
import { Gateway } from '../gateway.ts';
import type { ClientLimits } from '../inbound/node-server.ts';
import { trustedProxies } from '../inbound/trusted-proxies.ts';
import type { TokenChecks } from '../policy/access/jwt.ts';
import type { LimitStores } from '../policy/rate-limits/function-limits.ts';
import { type BudgetBounds, ProcessBudget } from '../queue/fair-share.ts';
import { RejectionPacer } from '../queue/rejection-pacer.ts';
import type { Feed } from '../replicas/feed.ts';
import type { PodObject } from '../replicas/pod-facts.ts';
import { ReplicaRegistry } from '../replicas/replica-registry.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { AuditLog } from '../telemetry/audit-log.ts';
import { FailureLog } from '../telemetry/failure-log.ts';
import { type Backend, startBackend } from './test-backend.ts';

export { until } from '#platform/testing/until.ts';

export class ManualFeed<T> implements Feed<T> {
  readonly synced: Promise<void>;
  readonly sync: () => void;
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<Parameters<Feed<T>['onChange']>[0]>();

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.sync = resolve;
  }

  onChange(handler: Parameters<Feed<T>['onChange']>[0]): () => void {
    this.#handlers.add(handler);
    for (const object of this.#objects.values()) handler({ type: 'added', object });
    return () => this.#handlers.delete(handler);
  }

  put(name: string, object: T): void {
    const type = this.#objects.has(name) ? 'updated' : 'added';
    this.#objects.set(name, object);
    for (const handler of this.#handlers) handler({ type, object });
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined) throw new Error(`${name} is not there`);
    this.#objects.delete(name);
    for (const handler of this.#handlers) handler({ type: 'deleted', object });
  }
}

/** Scales in memory; each write calls `onScale`. */
export class FakeScales implements Scales {
  readonly replicas = new Map<string, number>();
  readonly writes: { revision: string; replicas: number; onto: string | undefined }[] = [];
  /** Thrown instead of an answer while it is set. */
  failure: Error | undefined;
  onScale: (revision: string, replicas: number) => void = () => undefined;

  async raiseFrom({ revision }: RevisionRef, from: number, replicas: number): Promise<boolean> {
    if (this.failure === undefined && (this.replicas.get(revision) ?? 0) !== from) return false;
    this.#write(revision, replicas, undefined);
    return true;
  }

  async read({ revision }: RevisionRef): Promise<{ replicas: number; resourceVersion: string }> {
    if (this.failure !== undefined) throw this.failure;
    return { replicas: this.replicas.get(revision) ?? 0, resourceVersion: String(this.writes.length) };
  }

  async setOnto({ revision }: RevisionRef, replicas: number, resourceVersion: string): Promise<boolean> {
    if (this.failure === undefined && resourceVersion !== String(this.writes.length)) return false;
    this.#write(revision, replicas, resourceVersion);
    return true;
  }

  #write(revision: string, replicas: number, onto: string | undefined): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes.push({ revision, replicas, onto });
    this.replicas.set(revision, replicas);
    this.onScale(revision, replicas);
  }
}

/** A Function `default/<name>` whose newest and serving revision is `<name>-1`, with all routes that it asks for. */
export function aFunction(name: string, given: object = {}, status: Partial<FunctionStatus> = {}): FunctionObject {
  const spec = FunctionSpec.parse({ source: { inline: '…' }, ...given });
  const since = '2026-01-01T00:00:00Z';
  const routes = spec.routes?.map((route) => ({ ...normalRoute(route), accepted: true, since })) ?? [];
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec,
    status: { revision: `${name}-1`, latestRevision: `${name}-1`, routes, ...status },
  };
}

export interface PodOptions {
  name: string;
  revision: string;
  ip?: string;
  port?: number;
  /** Runs an image of the user's own, not the runtime. */
  image?: boolean;
  leaving?: boolean;
  /** Default: none. */
  node?: string;
  status?: PodObject['status'];
}

export function aPod(options: PodOptions): PodObject {
  const { name, revision, ip, port = 8080, image = false, leaving = false, node } = options;
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-of-${name}`,
      labels: { [LABEL.function]: revision.replace(/-\d+$/, ''), [LABEL.revision]: revision },
      ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      ...(node !== undefined && { nodeName: node }),
      containers: [
        {
          name: 'function',
          ports: [{ name: 'http', containerPort: port }],
          env: image ? [] : [{ name: RUNTIME_ENV.bundleChunks }],
        },
      ],
    },
    status: { ...(ip !== undefined && { podIP: ip }), ...options.status },
  };
}

export interface TestGatewayOptions {
  synced?: boolean;
  syncWaitMs?: number;
  limits?: Partial<ClientLimits>;
  bounds?: BudgetBounds;
  maxConnections?: number;
  maxBacklogBytes?: number;
  /** Whether answers have all details; default: no, as with the chart. */
  errorDetail?: boolean;
  /** To listen on; default: 127.0.0.1. */
  host?: string;
  /** Networks. */
  trustedProxies?: string[];
  /** Default: no issuer is asked for keys. */
  tokens?: TokenChecks;
  /** Default: none is installed. */
  dispatcher?: Dispatcher;
  /** Default: those of a gateway that is alone. */
  rateLimits?: LimitStores;
}

const clock = guardedClock(systemClock);

export class TestGateway implements AsyncDisposable {
  readonly functionFeed = new ManualFeed<FunctionObject>();
  readonly podFeed = new ManualFeed<PodObject>();
  readonly scales = new FakeScales();
  readonly functions: FunctionRegistry;
  readonly gateway: Gateway;
  readonly budget: ProcessBudget;
  /** The access log. */
  readonly logged: Record<string, unknown>[] = [];
  /** Of the audit log. */
  readonly refusals: Record<string, unknown>[] = [];
  port = 0;
  readonly replicas: ReplicaRegistry;
  readonly #scaleUp: ScaleUp;
  readonly #audit: AuditLog;
  readonly #failures = new FailureLog(pino({ level: 'silent' }), clock);
  /** In the order that they were started. */
  readonly backends: Server[] = [];

  /** Listening; the cluster is empty, and known to be unless `synced` is false. */
  static async start(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const test = new TestGateway(options);
    if (options.synced !== false) {
      test.sync();
      await test.functionFeed.synced;
    }
    test.port = await test.gateway.listen(0, options.host ?? '127.0.0.1');
    return test;
  }

  constructor(options: TestGatewayOptions) {
    const { syncWaitMs = 5_000, limits = {}, bounds = { requests: 10_000, bytes: 1e9 } } = options;
    this.budget = new ProcessBudget(bounds);
    this.replicas = new ReplicaRegistry(this.podFeed, clock);
    this.#scaleUp = new ScaleUp(this.scales, clock, pino({ level: 'silent' }));
    this.functions = new FunctionRegistry({
      feed: this.functionFeed,
      replicas: this.replicas,
      scaleUp: this.#scaleUp,
      budget: this.budget,
      rejections: new RejectionPacer(),
      clock,
      template: new HostTemplate(DEFAULT_HOST_TEMPLATE, 'fn.example'),
      clusterDomain: 'cluster.local',
      ...(options.tokens !== undefined && { tokens: options.tokens }),
      ...(options.rateLimits !== undefined && { rateLimits: options.rateLimits }),
    });
    const refused = createLog({ service: 'activator', write: (line) => this.refusals.push(JSON.parse(line)) });
    this.#audit = new AuditLog(refused, clock);
    const accessLog = new AccessLog(1, (line) => this.logged.push(JSON.parse(line)));
    this.gateway = new Gateway({
      clock,
      audit: this.#audit,
      failures: this.#failures,
      unrouted: this.functions.unrouted,
      finished: (summary) => accessLog.record(summary),
      routes: () => this.functions.routes,
      namespaceOf: (address) => this.replicas.namespaces.namespaceOf(address),
      synced: Promise.all([this.functionFeed.synced, this.podFeed.synced]).then(() => undefined),
      syncWaitMs,
      maxBacklogBytes: options.maxBacklogBytes ?? 64 * 1024 * 1024,
      maxConnections: options.maxConnections ?? 10_000,
      errorDetail: options.errorDetail ?? false,
      dispatcher: options.dispatcher,
      trustedProxies: trustedProxies(options.trustedProxies ?? []),
      limits,
    });
  }

  sync(): void {
    this.functionFeed.sync();
    this.podFeed.sync();
  }

  putFunction(fn: FunctionObject): void {
    this.functionFeed.put(fn.metadata.name, fn);
  }

  /** Starts a server and shows it as a running pod of a revision. */
  async addReplica(name: string, revision: string, handler: RequestListener): Promise<Backend> {
    const backend = await this.addBackend(name, handler);
    this.podFeed.put(name, aPod({ name, revision, ip: backend.ip, port: backend.port }));
    return backend;
  }

  /** Starts a server that answers as the pod of that name would; no pod is shown yet. */
  async addBackend(name: string, handler: RequestListener): Promise<Backend> {
    const backend = await startBackend(`uid-of-${name}`, handler);
    this.backends.push(backend.server);
    return backend;
  }

  traffic(name: string) {
    for (const traffic of this.functions.all()) if (traffic.config.name === name) return traffic;
    throw new Error(`no function ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.functions[Symbol.dispose]();
    this.replicas[Symbol.dispose]();
    this.#scaleUp[Symbol.dispose]();
    for (const server of this.backends) {
      server.closeAllConnections();
      server.close();
    }
    await this.gateway[Symbol.asyncDispose]();
    this.#audit[Symbol.dispose]();
    this.#failures[Symbol.dispose]();
  }
}

export interface AskOptions {
  host?: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /** Keeps connections; default: one of its own for each request. */
  agent?: Agent;
}

export interface Asked {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

/** One request; rejects when the connection breaks. */
export function ask(port: number, options: AskOptions = {}): Promise<Asked> {
  const {
    host = 'hello.default.fn.example',
    path = '/',
    method = 'GET',
    headers = {},
    body,
    signal,
    agent = false,
  } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', path, method, headers: { host, ...headers }, agent, ...(signal && { signal }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
