/** Processes of Catnap and of functions that are killed at random, and what the dispatcher says of itself meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OPS_PORT_NAME, SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PODS } from '#platform/kube/resources.ts';
import { seeded } from '#platform/testing/seeded.ts';
import type { World } from '../../support/world.ts';

const LONGEST_PAUSE_MS = 4_000;
const LOOK_EVERY_MS = 500;

const component = (name: string) => ({ namespace: SYSTEM_NAMESPACE, label: `app.kubernetes.io/component=${name}` });

/** Kills one process after the other until it is stopped: no grace, no notice. Resolves with how many of each. */
export async function killing(world: World, seed: number, stop: AbortSignal): Promise<Record<string, number>> {
  const random = seeded(seed);
  const victims = {
    dispatcher: component('dispatcher'),
    gateway: component('activator'),
    operator: component('operator'),
    function: { namespace: world.namespace, label: 'catnap.dev/function' },
  };
  const names = Object.keys(victims) as (keyof typeof victims)[];
  const killed = { dispatcher: 0, gateway: 0, operator: 0, function: 0 };
  while (!stop.aborted) {
    await sleep(random() * LONGEST_PAUSE_MS, undefined, { signal: stop }).catch(() => undefined);
    const name = names[Math.floor(random() * names.length)] as keyof typeof victims;
    const { namespace, label: labelSelector } = victims[name];
    const { items } = await world.kube.listAll(PODS, { namespace, labelSelector, signal: world.soon() });
    const pod = items[Math.floor(random() * items.length)]?.metadata?.name;
    if (pod === undefined || stop.aborted) continue;
    const options = { gracePeriodSeconds: 0, signal: world.soon() };
    await world.kube.delete(PODS, { namespace, name: pod }, options).catch(() => undefined);
    killed[name] += 1;
  }
  return killed;
}

/** What the dispatcher that runs now counts. */
export class DispatcherFigures {
  readonly #kube: KubeClient;

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** Undefined: it has not counted yet. Rejects while none runs. */
  async unaccounted(): Promise<number | undefined> {
    return sampleIn(await this.#text(), 'catnap_dispatcher_unaccounted_entries');
  }

  async totals(): Promise<{ accepted: number; done: number; buried: number }> {
    const text = await this.#text();
    const ended = (outcome: string) => sampleIn(text, `catnap_dispatcher_ended_total{outcome="${outcome}"}`) ?? 0;
    const accepted = sampleIn(text, 'catnap_dispatcher_accepted_total') ?? 0;
    return { accepted, done: ended('done'), buried: ended('buried') };
  }

  async #text(): Promise<string> {
    const { namespace, label: labelSelector } = component('dispatcher');
    const signal = AbortSignal.timeout(5_000);
    const { items } = await this.#kube.listAll(PODS, { namespace, labelSelector, signal });
    const [{ spec, status } = {}] = items;
    const port = spec?.containers[0]?.ports?.find(({ name }) => name === OPS_PORT_NAME)?.containerPort;
    return await (await fetch(`http://${status?.podIP}:${port}/metrics`, { signal })).text();
  }
}

function sampleIn(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** Looks again and again how many are unaccounted for. Resolves with how often that was told, and with what was not 0. */
export async function counting(
  figures: DispatcherFigures,
  stop: AbortSignal,
): Promise<{ looks: number; wrong: number[] }> {
  const seen: number[] = [];
  while (!stop.aborted) {
    const count = await figures.unaccounted().catch(() => undefined);
    if (count !== undefined) seen.push(count);
    await sleep(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return { looks: seen.length, wrong: seen.filter((count) => count !== 0) };
}
