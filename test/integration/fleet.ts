/** Gateways in this process in front of replicas that are real runtimes, with the cluster's side in the test's hands. */
import { Agent } from 'node:http';
import { aFunction, aPod, ask, TestGateway, until } from '../../activator/testing/test-gateway.ts';
import { bundleEnv, Replica } from '../../runtime-image/testing/replica.ts';

export interface FleetOptions {
  gateways: number;
  /** TypeScript of the function's module. */
  source: string;
  /** Of the Function. */
  spec: { concurrency: { limit: number } } & Record<string, unknown>;
  env?: Record<string, string>;
}

/** How long after the watch shows that a pod is to go its process hears of it, in milliseconds: as measured on a cluster. */
const NOTICE_MS = 30;

export class Fleet implements AsyncDisposable {
  readonly gateways: TestGateway[] = [];
  readonly #env: Record<string, string>;
  readonly #running = new Map<string, Replica>();
  readonly #ended: Promise<unknown>[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  #made = 0;

  static async start({ gateways, source, spec, env }: FleetOptions): Promise<Fleet> {
    const limit = String(spec.concurrency.limit);
    const fleet = new Fleet({ ...(await bundleEnv(source)), CATNAP_CONCURRENCY_LIMIT: limit, ...env });
    for (let i = 0; i < gateways; i += 1) {
      const gateway = await TestGateway.start();
      gateway.putFunction(aFunction('hello', spec));
      fleet.gateways.push(gateway);
    }
    return fleet;
  }

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  /** Names of the replicas that run and are not told to go. */
  get names(): string[] {
    return [...this.#running.keys()];
  }

  /** Starts a replica and shows it. Resolves with its name when it has an address. */
  async add(): Promise<string> {
    this.#made += 1;
    const name = `pod-${this.#made}`;
    const replica = new Replica({ ...this.#env, CATNAP_POD_UID: `uid-of-${name}` });
    this.#running.set(name, replica);
    const port = Number(new URL(await replica.origin()).port);
    for (const { podFeed } of this.gateways)
      podFeed.put(name, aPod({ name, revision: 'hello-1', ip: '127.0.0.1', port }));
    return name;
  }

  /** As a cluster deletes a pod: the watch says so, its process gets SIGTERM, and SIGKILL when the grace is over. */
  delete(name: string, graceMs: number): void {
    const replica = this.#running.get(name);
    if (replica === undefined) return;
    this.#running.delete(name);
    for (const { podFeed } of this.gateways) podFeed.put(name, aPod({ name, revision: 'hello-1', leaving: true }));
    const term = setTimeout(() => replica.process.kill('SIGTERM'), NOTICE_MS);
    const kill = setTimeout(() => replica.process.kill('SIGKILL'), NOTICE_MS + graceMs);
    const ended = replica.ended.then(() => {
      clearTimeout(term);
      clearTimeout(kill);
      for (const { podFeed } of this.gateways) podFeed.remove(name);
    });
    this.#ended.push(ended);
  }

  /** One request over kept connections; status 0: its connection broke. */
  async ask(gateway: number, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
    const port = this.gateways[gateway]?.port ?? 0;
    return ask(port, { agent: this.#agent, method: 'POST', body: 'pay', headers }).catch((error: unknown) => ({
      status: 0,
      body: String(error),
    }));
  }

  /** Resolves once all gateways send to so many replicas. */
  async answering(count: number): Promise<void> {
    const all = () => this.gateways.every((gateway) => gateway.traffic('hello').answering === count);
    await until(all, `${count} replicas answer`, 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    for (const gateway of this.gateways) await gateway[Symbol.asyncDispose]();
    for (const replica of this.#running.values()) await replica[Symbol.asyncDispose]();
    await Promise.all(this.#ended);
  }
}
