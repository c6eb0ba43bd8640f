import { readdirSync, readFileSync } from 'node:fs';
import { revisionName } from '#api/names.ts';
import { DEPLOYMENTS } from '#platform/resources.ts';
import { RUNTIME } from '../../local/run/programs.ts';
import { eventually } from '../support/eventually.ts';
import type { World } from '../support/world.ts';
import { bareStartMs } from './bare.ts';
import { median, percentile } from './statistics.ts';

export interface ColdStart {
  rounds: number;
  /** Milliseconds: from sending the request to the first byte of the answer. */
  cold: { median: number; p95: number; all: number[] };
  /** Milliseconds: from the spawn of a bare node:http server to its first answer. */
  bare: { median: number; p95: number; all: number[] };
  /** cold median over bare median. */
  ratio: number;
  /** Runtime processes that were alive just before each request, over all rounds. */
  runtimesAliveBefore: string[];
}

/** A bare start and a cold start in turn, `rounds` times. The function is at `url`, and at zero before each request. */
export async function coldStart(world: World, name: string, url: string, rounds: number): Promise<ColdStart> {
  const cold: number[] = [];
  const bare: number[] = [];
  const alive: string[] = [];
  for (let round = 0; round < rounds; round++) {
    await putToSleep(world, name);
    bare.push(await bareStartMs());
    alive.push(...runtimeProcesses());
    cold.push(await firstByteMs(world, url));
  }
  const figures = (all: number[]) => ({ median: median(all), p95: percentile(all, 95), all });
  return {
    rounds,
    cold: figures(cold),
    bare: figures(bare),
    ratio: median(cold) / median(bare),
    runtimesAliveBefore: alive,
  };
}

async function firstByteMs(world: World, url: string): Promise<number> {
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
async function putToSleep(world: World, name: string): Promise<void> {
  const revision = (await world.get(name)).status?.latestRevision ?? revisionName(name, '');
  const scale = { type: 'merge', body: { spec: { replicas: 0 } } } as const;
  await world.kube.patch(DEPLOYMENTS, world.ref(revision), scale, { subresource: 'scale', signal: world.soon() });
  await eventually(
    'no process of the function is left',
    async () => (await world.pods(name)).length === 0 && runtimeProcesses().length === 0,
  );
}

/** Command lines of all processes on this machine that run the runtime. */
export function runtimeProcesses(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(RUNTIME));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended between the listing and the reading
  }
}
