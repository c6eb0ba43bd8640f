/** A cluster with Catnap in it, a healthy function that is asked all the while, and another tenant who makes Functions. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '#platform/kube/client.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import type { System } from '../support/system.ts';
import type { World } from '../support/world.ts';
import { SystemWatch } from './system-watch.ts';
import { Tenant } from './tenant.ts';
import { ASKED_EVERY_MS, type Taken, Victim } from './victim.ts';

const BASELINE_MS = 4_000;

export class ClusterStage implements AsyncDisposable {
  readonly kube: KubeClient;
  /** Where the attack comes from. */
  readonly attack: World;
  readonly #parts: AsyncDisposableStack;
  readonly #watch: SystemWatch | undefined;
  readonly #tenant: Tenant;
  readonly #victim: Victim;
  readonly #before: Taken;

  /** Resolves when all was measured without an attack. */
  static async start(system: System): Promise<ClusterStage> {
    await using parts = new AsyncDisposableStack();
    const [attack, healthy, other] = [await system.world(), await system.world(), await system.world()].map((world) =>
      parts.use(world),
    );
    if (attack === undefined || healthy === undefined || other === undefined) throw new Error('no worlds');
    const watch = await SystemWatch.begin(system.kube);
    const victim = parts.use(await Victim.start('unused'));
    const url = await healthy.deploy(manifest(healthy.namespace, 'victim', HELLO, { scaling: { minReplicas: 1 } }));
    await healthy.call(url);
    const { hostname, port } = new URL(healthy.gateway.base);
    victim.ask({
      hostname,
      port: Number(port),
      host: new URL(url).host,
      path: '/',
      everyMs: ASKED_EVERY_MS,
      echoes: false,
    });
    await sleep(BASELINE_MS);
    const before = await victim.take();
    const tenant = parts.use(await Tenant.start(other));
    return new ClusterStage({ attack, watch, tenant, victim, before }, system.kube, parts.move());
  }

  private constructor(
    {
      attack,
      watch,
      tenant,
      victim,
      before,
    }: { attack: World; watch: SystemWatch | undefined; tenant: Tenant; victim: Victim; before: Taken },
    kube: KubeClient,
    parts: AsyncDisposableStack,
  ) {
    this.kube = kube;
    this.attack = attack;
    this.#watch = watch;
    this.#tenant = tenant;
    this.#victim = victim;
    this.#before = before;
    this.#parts = parts;
  }

  /** What the attack did to anybody but its author; empty: nothing beyond the rules. */
  async harm(): Promise<string[]> {
    return [
      ...((await this.#watch?.ended()) ?? []),
      ...(await this.#victim.harm(this.#before)),
      ...(await this.#tenant.harm()),
    ];
  }

  /** All that operator and activator have said, where they run in the cluster. */
  async logs(): Promise<string> {
    return (await this.#watch?.logs()) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
