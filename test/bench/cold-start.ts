import { DEPLOYMENTS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import type { World } from '../support/world.ts';
import { atMost } from './bar.ts';
import { bareStartMs } from './bare.ts';
import { podProcesses } from './processes.ts';
import { quantity, type Section } from './report.ts';
import { median, percentile } from './statistics.ts';

/** For the median, as a multiple of a bare Node server's start. */
const BAR = 2;

export interface Target {
  world: World;
  /** The function. */
  name: string;
  url: string;
  /** Process that all pods are children of. */
  podRunner: number;
}

/**
 * From sending a request for a function at zero to the first byte of its answer, in turn with its baseline: from the
 * spawn of a bare node:http server to its first answer.
 */
export async function coldStart(target: Target, rounds: number): Promise<Section> {
  const cold: number[] = [];
  const bare: number[] = [];
  // What the pod runner has running just before each request: nothing of the function, and no spare.
  const alive: string[] = [];
  for (let round = 0; round < rounds; round++) {
    await putToSleep(target);
    bare.push(await bareStartMs());
    alive.push(...podProcesses(target.podRunner));
    cold.push(await firstByteMs(target));
  }
  const row = (name: string, ms: number[]) => ({
    name,
    cells: [median(ms), percentile(ms, 95)].map((one) => quantity(one, 'ms')),
  });
  return {
    title: `Cold start: from a request at zero to its first byte, ${rounds} rounds in turn with the baseline`,
    columns: ['median', 'p95'],
    rows: [row('function at zero, by the gateway', cold), row('bare node:http, spawn to answer', bare)],
    bars: [atMost('cold start over a bare start', { figure: median(cold), baseline: median(bare), unit: 'ms' }, BAR)],
    notes: [`pods' processes alive before a request: ${alive.length === 0 ? 'none' : alive.join('; ')}`],
    figures: { coldMs: cold, bareMs: bare, podsAliveBefore: alive },
  };
}

async function firstByteMs({ world, url }: Target): Promise<number> {
  const startedAt = performance.now();
  const response = await world.gateway.open(url);
  const ms = performance.now() - startedAt;
  const text = await response.body.text();
  if (response.statusCode !== 200 || response.headers['x-catnap-cold-start'] !== 'true') {
    throw new Error(`not a cold start: ${response.statusCode} ${response.headers['x-catnap-cold-start']} ${text}`);
  }
  return ms;
}

/** Scales it to zero, as a user may, and waits until its pods and their processes are gone. */
export async function putToSleep({ world, name, podRunner }: Target): Promise<void> {
  const revision = (await world.get(name)).status?.latestRevision;
  if (revision === undefined) throw new Error(`${name} has no revision`);
  const scale = { type: 'merge', body: { spec: { replicas: 0 } } } as const;
  await world.kube.patch(DEPLOYMENTS, world.ref(revision), scale, { subresource: 'scale', signal: world.soon() });
  await eventually(
    'no process of the function is left',
    async () => (await world.pods(name)).length === 0 && podProcesses(podRunner).length === 0,
  );
}
