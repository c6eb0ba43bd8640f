import { DEPLOYMENTS } from '#platform/resources.ts';
import { eventually } from '../support/eventually.ts';
import type { World } from '../support/world.ts';
import { bareStartMs } from './bare.ts';
import { podProcesses } from './processes.ts';
import { median, percentile } from './statistics.ts';

export interface ColdStart {
  rounds: number;
  /** Milliseconds: from sending the request to the first byte of the answer. */
  cold: { median: number; p95: number; all: number[] };
  /** Milliseconds: from the spawn of a bare node:http server to its first answer. */
  bare: { median: number; p95: number; all: number[] };
  /** cold median over bare median. */
  ratio: number;
  /** What the pod runner had running just before each request, over all rounds: nothing of the function, and no spare. */
  podsAliveBefore: string[];
}

export interface Target {
  world: World;
  /** The function. */
  name: string;
  url: string;
  /** Process that all pods are children of. */
  podRunner: number;
}

/** A bare start and a cold start in turn, `rounds` times. The function is at zero before each request. */
export async function coldStart(target: Target, rounds: number): Promise<ColdStart> {
  const cold: number[] = [];
  const bare: number[] = [];
  const alive: string[] = [];
  for (let round = 0; round < rounds; round++) {
    await putToSleep(target);
    bare.push(await bareStartMs());
    alive.push(...podProcesses(target.podRunner));
    cold.push(await firstByteMs(target));
  }
  const figures = (all: number[]) => ({ median: median(all), p95: percentile(all, 95), all });
  return {
    rounds,
    cold: figures(cold),
    bare: figures(bare),
    ratio: median(cold) / median(bare),
    podsAliveBefore: alive,
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
async function putToSleep({ world, name, podRunner }: Target): Promise<void> {
  const revision = (await world.get(name)).status?.latestRevision;
  if (revision === undefined) throw new Error(`${name} has no revision`);
  const scale = { type: 'merge', body: { spec: { replicas: 0 } } } as const;
  await world.kube.patch(DEPLOYMENTS, world.ref(revision), scale, { subresource: 'scale', signal: world.soon() });
  await eventually(
    'no process of the function is left',
    async () => (await world.pods(name)).length === 0 && podProcesses(podRunner).length === 0,
  );
}
