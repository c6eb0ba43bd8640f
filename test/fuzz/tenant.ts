/** Another tenant, who makes Functions in a namespace of their own and waits for each to be ready. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { manifest } from '../support/manifest.ts';
import { condition, observed, type World } from '../support/world.ts';
import { judge, LEAST_TIMES, type SlowdownRule } from './measure/slowdown.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const LOOK_MS = 20;
const PAUSE_MS = 300;
const GIVEN_UP_MS = 15_000;
const BASELINE = 8;
/** Below it is what polling, and two processors that others use too, add. */
const RULE: SlowdownRule = { floorMs: 300, capMs: 5_000 };

export class Tenant implements AsyncDisposable {
  readonly #world: World;
  readonly #before: number[] = [];
  readonly #during: number[] = [];
  readonly #stop = new AbortController();
  #made = 0;
  #loop: Promise<void> = Promise.resolve();

  /** Resolves when it is known how long a Function takes without an attack; from then on one is made after the other. */
  static async start(world: World): Promise<Tenant> {
    const tenant = new Tenant(world);
    // The first one finds programs that were not used yet.
    await tenant.#make();
    while (tenant.#before.length < BASELINE) tenant.#before.push(await tenant.#make());
    tenant.#loop = tenant.#go();
    return tenant;
  }

  private constructor(world: World) {
    this.#world = world;
  }

  /** What was done to it since the baseline; empty: nothing beyond the rule. */
  async harm(): Promise<string[]> {
    // A few cases that are repeated are over before.
    const endsAtMs = performance.now() + GIVEN_UP_MS;
    while (this.#during.length < LEAST_TIMES && performance.now() < endsAtMs) await sleep(LOOK_MS);
    this.#stop.abort();
    await this.#loop;
    const { beforeMs, duringMs, longestMs, wrong } = judge(this.#before, this.#during, RULE);
    console.log(
      `tenant: ${this.#during.length} Functions, median ${duringMs.toFixed(0)} ms until ready (before ${beforeMs.toFixed(0)} ms), longest ${longestMs.toFixed(0)} ms`,
    );
    return wrong === undefined ? [] : [`another tenant's Functions: ${wrong}`];
  }

  async #go(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#during.push(await this.#make());
      await sleep(PAUSE_MS);
    }
  }

  /** Milliseconds from making one to its being ready. */
  async #make(): Promise<number> {
    this.#made += 1;
    const name = `mine-${this.#made}`;
    const startedMs = performance.now();
    await this.#world.apply(manifest(this.#world.namespace, name, `export default () => 'mine ${this.#made}';`));
    const tookMs = () => performance.now() - startedMs;
    while (!(await this.#isReady(name)) && tookMs() < GIVEN_UP_MS) await sleep(LOOK_MS);
    const took = tookMs();
    await this.#world.kube.delete(FUNCTION, this.#world.ref(name), { signal: this.#world.soon() });
    return took;
  }

  async #isReady(name: string): Promise<boolean> {
    const fn = await this.#world.get(name);
    return observed(fn) && condition(fn, 'Ready')?.status === 'True';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop.catch(() => undefined);
  }
}
