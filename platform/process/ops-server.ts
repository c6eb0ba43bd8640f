/** The endpoints for those who run a process: probes and metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import type { Log } from './log.ts';
import type { MetricsSource } from './metrics.ts';

/** One thing that must be so before the process takes work. */
interface ReadinessCheck {
  name: string;
  /** Why it is not so yet, or undefined when it is. Must not wait. */
  notReady: () => string | undefined;
}

interface OpsServerOptions {
  /** Default: all addresses. */
  host?: string;
  /** 0: any free one. */
  port: number;
  metrics: MetricsSource;
  readiness: readonly ReadinessCheck[];
  log: Log;
  /** What else is at this port, by path; a handler takes the request over, and must not throw. */
  handlers?: ReadonlyMap<string, (request: IncomingMessage, response: ServerResponse) => void>;
}

interface Answer {
  status: number;
  contentType: string;
  body: string | readonly Buffer[];
}

/**
 * `GET /healthz`: 200 `{ healthy: true }` while the event loop turns. `GET /readyz`: 200 `{ ready: true }`, or 503
 * `{ ready: false, failing: [{ name, why }] }`. `GET /metrics`: Prometheus' text format, with `name[]=…` once or
 * more only the metrics of these names. Stands on node:http alone: a web framework would take more memory than the rest
 * of an idle process of ours.
 */
export class OpsServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Resolves when it listens, rejects when it cannot. */
  static async start(options: OpsServerOptions): Promise<OpsServer> {
    const server = createServer(async (request, response) => {
      const handler = options.handlers?.get(pathOf(request));
      if (handler !== undefined) {
        handler(request, response);
        return;
      }
      const { status, contentType, body } = await answerTo(request, options);
      response.statusCode = status;
      response.setHeader('content-type', contentType);
      // In parts, as fast as they are taken: the metrics of thousands of functions are many megabytes.
      if (typeof body === 'string') response.end(body);
      else pipeline(Readable.from(body), response, () => undefined);
    });
    await listenAnywhere(server, options.port, options.host);
    return new OpsServer(server);
  }

  /** The one it really listens on. */
  get port(): number {
    return this.#port;
  }

  /** Ends its connections at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

/** Never rejects: what goes wrong is logged, and answered without details. */
async function answerTo(request: IncomingMessage, options: OpsServerOptions): Promise<Answer> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { error: 'MethodNotAllowed' });
  try {
    if (path === '/healthz') return json(200, { healthy: true });
    if (path === '/readyz') return readyAnswer(options.readiness);
    if (path === '/metrics') return await metricsAnswer(options.metrics, query);
    return json(404, { error: 'NotFound', paths: ['/healthz', '/readyz', '/metrics'] });
  } catch (error) {
    options.log.error({ err: error, path }, 'ops request failed');
    return json(500, { error: 'InternalError' });
  }
}

function readyAnswer(checks: readonly ReadinessCheck[]): Answer {
  const failing = failingChecks(checks);
  return failing.length === 0 ? json(200, { ready: true }) : json(503, { ready: false, failing });
}

async function metricsAnswer(metrics: MetricsSource, query: string): Promise<Answer> {
  const names = query === '' ? [] : new URLSearchParams(query).getAll('name[]');
  const parts = await metrics.bytes(names.length > 0 ? new Set(names) : undefined);
  return { status: 200, contentType: metrics.contentType, body: parts };
}

function json(status: number, body: object): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

/** All addresses are those of IPv6, which take IPv4 too, unless the machine has only IPv4. */
async function listenAnywhere(server: Server, port: number, host: string | undefined): Promise<void> {
  try {
    await listen(server, port, host ?? '::');
  } catch (error) {
    const noIpv6 = error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT';
    if (!noIpv6 || host !== undefined) throw error;
    await listen(server, port, '0.0.0.0');
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function failingChecks(checks: readonly ReadinessCheck[]): { name: string; why: string }[] {
  return checks.flatMap(({ name, notReady }) => {
    const why = notReady();
    return why === undefined ? [] : [{ name, why }];
  });
}
