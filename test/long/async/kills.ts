/** Processes of Catnap and of functions that are killed at random, and what the dispatcher says of itself meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LABEL, OPS_PORT_NAME, SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PODS } from '#platform/kube/resources.ts';
import { seeded } from '#platform/testing/seeded.ts';
import { podsRunning } from '../../bench/processes.ts';
import type { World } from '../../support/world.ts';

const LONGEST_PAUSE_MS = 4_000;
const LOOK_EVERY_MS = 500;

const component = (name: string) => ({ namespace: SYSTEM_NAMESPACE, label: `app.kubernetes.io/component=${name}` });

export interface Kills {
  world: World;
  /** Of the process that runs pods here. */
  podRunner: number;
  seed: number;
  stop: AbortSignal;
}

/** Each by its process, which is started again in its pod, or with its pod, for which another one comes. */
const VICTIMS = {
  dispatcher: { file: '/dispatcher.mjs', component: 'dispatcher' },
  gateway: { file: '/activator.mjs', component: 'activator' },
  operator: { file: '/operator.mjs', component: 'operator' },
  function: { file: '/runtime.mjs', component: undefined },
};
const NAMES = Object.keys(VICTIMS) as (keyof typeof VICTIMS)[];

/** Kills one after the other until it is stopped: no grace, no notice. Resolves with how many of each. */
export async function killing({ world, podRunner, seed, stop }: Kills): Promise<Record<string, number>> {
  const random = seeded(seed);
  const oneOf = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const killed: Record<string, number> = {};
  while (!stop.aborted) {
    await sleep(random() * LONGEST_PAUSE_MS, undefined, { signal: stop }).catch(() => undefined);
    const name = oneOf(NAMES) as keyof typeof VICTIMS;
    const { file, component: of } = VICTIMS[name];
    const withPod = random() < 0.5;
    if (stop.aborted) break;
    const isKilled = withPod
      ? await killPod(
          world,
          of === undefined ? { namespace: world.namespace, label: LABEL.function } : component(of),
          oneOf,
        )
      : killProcess(oneOf(podsRunning(podRunner, file)));
    const what = `${name}${withPod ? ' with its pod' : ''}`;
    if (isKilled) killed[what] = (killed[what] ?? 0) + 1;
  }
  return killed;
}

async function killPod(
  { kube, soon }: World,
  { namespace, label: labelSelector }: ReturnType<typeof component>,
  oneOf: <T>(all: readonly T[]) => T | undefined,
): Promise<boolean> {
  const { items } = await kube.listAll(PODS, { namespace, labelSelector, signal: soon() });
  const name = oneOf(items)?.metadata?.name;
  if (name === undefined) return false;
  await kube.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, signal: soon() }).catch(() => undefined);
  return true;
}

/** False: it is gone already. */
function killProcess(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
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
