/** For tests: the activator as a process that takes deliveries, with its function and its dispatcher in the test's hands. */
import { READY_PATH } from '#api/names.ts';
import { type Backend, startBackend } from './test-backend.ts';
import { type Delivered, SUBJECT, TestDispatcher } from './test-dispatcher.ts';
import { aFunction, until } from './test-gateway.ts';
import { keySet } from './test-issuer.ts';
import { type Activator, Cluster, shown, startActivator } from './test-process.ts';

interface Seen {
  url: string | undefined;
  headers: Record<string, unknown>;
  body: string;
  /** Begins an answer, and ends the connection. */
  breakOff(part: string): void;
  answer(status: number, body?: string | Buffer, headers?: Record<string, string>): void;
}

/** A gateway, a function at zero, and a server that could be its pod, whose answers the test gives. */
export class DeliveryStage implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly cluster: Cluster;
  readonly activator: Activator;
  readonly dispatcher: TestDispatcher;
  readonly #backend: Backend;

  static async start(env: Record<string, string> = {}, spec: object = {}): Promise<DeliveryStage> {
    const cluster = await Cluster.start([aFunction('hello', spec)]);
    cluster.keySet = keySet();
    const seen: Seen[] = [];
    const backend = await startBackend('uid-of-pod-a', (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const answer = (status: number, body: string | Buffer = '', headers = {}) =>
          void res.writeHead(status, headers).end(body);
        const breakOff = (part: string) =>
          void res.writeHead(200, { 'content-length': 2 * part.length }).write(part, () => res.destroy());
        const { url, headers } = req;
        seen.push({ url, headers, body: Buffer.concat(chunks).toString(), breakOff, answer });
      });
    });
    const own = { CATNAP_DELIVERY_PORT: '0', CATNAP_DISPATCHER_SUBJECT: SUBJECT, CATNAP_ACCESS_LOG: '1' };
    const activator = await startActivator(cluster.url, { ...own, ...env });
    return new DeliveryStage({ cluster, activator, backend, seen });
  }

  private constructor(parts: {
    cluster: Cluster;
    activator: Activator;
    backend: Backend;
    seen: Seen[];
  }) {
    this.cluster = parts.cluster;
    this.activator = parts.activator;
    this.#backend = parts.backend;
    this.seen = parts.seen;
    this.dispatcher = new TestDispatcher(this.activator.deliveryPort);
  }

  /** The replica answers each request at once. Returns how many connections it has got since. */
  answerAll(): () => number {
    let connections = 0;
    this.#backend.server.on('connection', () => {
      connections += 1;
    });
    this.#backend.server.removeAllListeners('request').on('request', (req, res) => {
      req.resume().on('end', () => res.end(req.url === READY_PATH ? 'uid-of-pod-a' : 'ok'));
    });
    return () => connections;
  }

  get port(): number {
    return this.activator.deliveryPort;
  }

  wake(): this {
    this.cluster.showPod(shown(this.#backend));
    return this;
  }

  /** The n-th request that the replica has got. */
  async got(n = 1): Promise<Seen> {
    await until(() => this.seen.length >= n, `the replica has request ${n}`);
    return this.seen[n - 1] as Seen;
  }

  /** The connection of a delivery that is under way breaks, and the gateway has had time to see it. */
  async leave({ sent, reply }: ReturnType<TestDispatcher['post']>): Promise<void> {
    sent.destroy();
    await reply.catch(() => undefined);
    for (let roundTrips = 3; roundTrips > 0; roundTrips -= 1) await this.dispatcher.list();
  }

  async metric(pattern: RegExp): Promise<void> {
    const url = `http://127.0.0.1:${this.activator.opsPort}/metrics`;
    await until(async () => pattern.test(await (await fetch(url)).text()), `${pattern} is in the metrics`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispatcher[Symbol.dispose]();
    await this.activator[Symbol.asyncDispose]();
    this.#backend.server.closeAllConnections();
    this.#backend.server.close();
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** What is decided by. */
export const summary = ({ by, code, started, answer: { status } }: Delivered) => ({ by, code, started, status });
