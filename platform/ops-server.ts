/** The endpoints for those who run a process: probes and metrics. */
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { Registry } from 'prom-client';
import type { Log } from './log.ts';

/** One thing that must be so before the process takes work. */
export interface ReadinessCheck {
  name: string;
  /** Why it is not so yet, or undefined when it is. Must not wait. */
  notReady: () => string | undefined;
}

export interface OpsServerOptions {
  /** Default: all addresses. */
  host?: string;
  /** 0: any free one. */
  port: number;
  registry: Registry;
  readiness: readonly ReadinessCheck[];
  log: Log;
  /** Adds more routes, before it listens. */
  routes?: (app: FastifyInstance) => void;
}

/**
 * `GET /healthz`: 200 `{ healthy: true }` while the event loop turns. `GET /readyz`: 200 `{ ready: true }`, or 503
 * `{ ready: false, failing: [{ name, why }] }`. `GET /metrics`: Prometheus' text format.
 */
export class OpsServer implements AsyncDisposable {
  readonly #app: FastifyInstance;
  readonly #port: number;

  private constructor(app: FastifyInstance, port: number) {
    this.#app = app;
    this.#port = port;
  }

  /** Resolves when it listens, rejects when it cannot. */
  static async start({ host, port, registry, readiness, log, routes }: OpsServerOptions): Promise<OpsServer> {
    const app = fastify({ forceCloseConnections: true });
    app.setErrorHandler((error, request, reply) => {
      log.error({ err: error, path: request.url }, 'ops request failed');
      return reply.code(500).send({ error: 'InternalError' });
    });
    app.get('/healthz', () => ({ healthy: true }));
    app.get('/readyz', (_request, reply) => {
      const failing = failingChecks(readiness);
      return reply
        .code(failing.length === 0 ? 200 : 503)
        .send(failing.length === 0 ? { ready: true } : { ready: false, failing });
    });
    app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
    routes?.(app);
    await listen(app, port, host);
    const address = app.server.address() as AddressInfo;
    return new OpsServer(app, address.port);
  }

  /** The one it really listens on. */
  get port(): number {
    return this.#port;
  }

  /** Ends its connections at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

/** All addresses are those of IPv6, which take IPv4 too, unless the machine has only IPv4. */
async function listen(app: FastifyInstance, port: number, host: string | undefined): Promise<void> {
  try {
    await app.listen({ host: host ?? '::', port });
  } catch (error) {
    const noIpv6 = error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT';
    if (!noIpv6 || host !== undefined) throw error;
    await app.listen({ host: '0.0.0.0', port });
  }
}

function failingChecks(checks: readonly ReadinessCheck[]): { name: string; why: string }[] {
  return checks.flatMap(({ name, notReady }) => {
    const why = notReady();
    return why === undefined ? [] : [{ name, why }];
  });
}
