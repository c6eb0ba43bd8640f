/** A gateway as a process, with a healthy function that is asked all the while and others that are part of an attack. */
import { setTimeout as sleep } from 'node:timers/promises';
import { aFunction, aPod, ask } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster, startActivator } from '../../activator/testing/test-process.ts';
import { eventually } from '../support/eventually.ts';
import { ASKED_EVERY_MS, type Taken, Victim } from './victim.ts';

const DOMAIN = 'fn.example';
export const hostOf = (name: string) => `${name}.default.${DOMAIN}`;
const VICTIM = 'victim';
const BASELINE_MS = 4_000;

export interface AttackedFunction {
  name: string;
  /** Of its only replica, at 127.0.0.1. */
  port: number;
  spec: object;
}

export class GatewayStage implements AsyncDisposable {
  readonly activator: Activator;
  readonly #parts: AsyncDisposableStack;
  readonly #victim: Victim;
  #before: Taken = { timesMs: [], wrong: [] };

  /** Resolves when the victim was asked for a while without an attack. */
  static async start(attacked: readonly AttackedFunction[]): Promise<GatewayStage> {
    await using parts = new AsyncDisposableStack();
    const victim = parts.use(await Victim.start(`uid-of-${VICTIM}`));
    const functions = [aFunction(VICTIM), ...attacked.map(({ name, spec }) => aFunction(name, spec))];
    const cluster = parts.use(await Cluster.start(functions));
    const activator = parts.use(await startActivator(cluster.url, { CATNAP_DOMAIN: DOMAIN }));
    const ip = '127.0.0.1';
    cluster.showPod(aPod({ name: VICTIM, revision: `${VICTIM}-1`, ip, port: victim.port }));
    for (const { name, port } of attacked) {
      cluster.showPod(aPod({ name, revision: `${name}-1`, ip, port, image: true }));
    }
    const stage = new GatewayStage(activator, parts.move(), victim);
    await stage.#measureBaseline();
    return stage;
  }

  private constructor(activator: Activator, parts: AsyncDisposableStack, victim: Victim) {
    this.activator = activator;
    this.#parts = parts;
    this.#victim = victim;
  }

  /** Why there is no sense in going on; undefined: the process lives. */
  gone(): string | undefined {
    const { process, lastLines } = this.activator;
    const { exitCode, signalCode } = process;
    if (exitCode === null && signalCode === null) return undefined;
    return `the activator ended with ${exitCode ?? signalCode}, saying ${lastLines.slice(-3).join('\n')}`;
  }

  /** What the attack did to the victim, and to the process. */
  async harm(): Promise<string[]> {
    const gone = this.gone();
    return [...(gone === undefined ? [] : [gone]), ...(await this.#victim.harm(this.#before))];
  }

  async #measureBaseline(): Promise<void> {
    const { port } = this.activator;
    const host = hostOf(VICTIM);
    await eventually('the victim answers', async () => (await ask(port, { host })).status === 200);
    this.#victim.ask({ hostname: '127.0.0.1', port, host, path: '/', everyMs: ASKED_EVERY_MS, echoes: true });
    await sleep(BASELINE_MS);
    this.#before = await this.#victim.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
