import type { Deployed } from '../support/deployed.ts';
import { deployLocal } from '../support/deployed-local.ts';
import { GatewayClient } from '../support/gateway.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { World } from '../support/world.ts';
import { async } from './async.ts';
import { bodies } from './bodies.ts';
import { burst } from './burst.ts';
import { coldStart } from './cold-start.ts';
import { dev } from './dev.ts';
import { flood } from './flood.ts';
import { held } from './held.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { hasWrk } from './load.ts';
import { memory } from './memory.ts';
import { hasNginx } from './nginx.ts';
import { policies } from './policies.ts';
import type { Failed, NotMeasured, Section } from './report.ts';
import { routes } from './routes.ts';
import { runtime } from './runtime.ts';
import { scale } from './scale.ts';
import { throughput } from './throughput.ts';

/** How long and how often; bars are for the defaults. */
export interface Effort {
  /** Cold starts, twice the rounds of bursts, and bare ones beside them. */
  wakes: number;
  /** Of each load, in turn with the others. */
  rounds: number;
  /** Of each load in a round. */
  seconds: number;
  /** Of each process whose memory is measured. */
  starts: number;
  /** Seconds that it does nothing before. */
  idle: number;
  /** By `catnap dev`, and as many by `node --watch`. */
  saves: number;
  /** Where the activator leaves its CPU profile. */
  profile: string | undefined;
}

type Tool = 'nginx' | 'wrk';

interface Part {
  /** Without what it cannot run. */
  needs: readonly Tool[];
  run: (effort: Effort) => Promise<Section>;
}

/** The bench's parts, in their order. */
const PARTS = {
  'cold-start': { needs: [], run: ({ wakes }) => withSystem((system, world) => coldStarts(system, world, wakes)) },
  burst: { needs: [], run: ({ wakes }) => withSystem((system, world) => burst(system, world, Math.ceil(wakes / 2))) },
  throughput: { needs: ['nginx', 'wrk'], run: (effort) => throughput({ ...effort, ...profiled(effort) }) },
  latency: { needs: ['nginx'], run: ({ rounds, seconds }) => latency({ rounds, seconds: 2 * seconds }) },
  bodies: { needs: ['nginx', 'wrk'], run: (effort) => bodies({ ...effort, ...profiled(effort) }) },
  routes: { needs: ['nginx', 'wrk'], run: (effort) => routes(effort) },
  policies: { needs: ['nginx', 'wrk'], run: (effort) => policies(effort) },
  async: { needs: ['nginx', 'wrk'], run: (effort) => async({ ...effort, ...profiled(effort) }) },
  flood: { needs: ['nginx', 'wrk'], run: ({ seconds }) => flood(seconds) },
  held: { needs: [], run: ({ starts }) => held(starts) },
  runtime: {
    needs: ['wrk'],
    // Its servers differ by little.
    run: ({ wakes, idle, rounds, ...effort }) =>
      runtime({ ...effort, rounds: 2 * rounds, spawns: wakes, idleSeconds: idle }),
  },
  memory: {
    needs: [],
    run: ({ starts, idle }) =>
      withSystem((system, world) => memory(system, world, { starts, idleSeconds: idle }), ONE_OF_EACH),
  },
  scale: { needs: [], run: ({ idle: seconds }) => scale(seconds) },
  idle: {
    needs: [],
    run: ({ idle: seconds }) => withSystem((system, world) => idle(system, world, 3 * seconds)),
  },
  dev: { needs: [], run: ({ saves }) => dev(saves) },
} as const satisfies Record<string, Part>;

/** What is read of a process is read of the only one. */
const ONE_OF_EACH = { operator: { replicas: 1 }, activator: { replicas: 1 } };

export type PartName = keyof typeof PARTS;
export const PART_NAMES = Object.keys(PARTS) as PartName[];

/** `throughput,held` → those, in the bench's order; undefined: all. Throws for a name that there is not. */
export function chosenParts(only: string | undefined): PartName[] {
  if (only === undefined) return PART_NAMES;
  const wanted = only.split(',').map((name) => name.trim());
  const wrong = wanted.find((name) => !(name in PARTS));
  if (wrong !== undefined) throw new Error(`there is no part ${wrong}; there are ${PART_NAMES.join(', ')}`);
  return PART_NAMES.filter((name) => wanted.includes(name));
}

export async function runPart(name: PartName, effort: Effort): Promise<Section | NotMeasured | Failed> {
  const part: Part = PARTS[name];
  const missing = part.needs.filter((tool) => !(tool === 'nginx' ? hasNginx() : hasWrk()));
  if (missing.length === 0) {
    // The other parts are worth having all the same.
    return await part.run(effort).catch((error: Error) => ({ title: name, failed: error.stack ?? error.message }));
  }
  return { title: name, notMeasured: `${missing.join(' and ')} not installed (apt-get install ${missing.join(' ')})` };
}

function profiled({ profile }: Effort): { nodeOptions: string[] } {
  return { nodeOptions: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`] };
}

async function coldStarts(system: Deployed, world: World, wakes: number): Promise<Section> {
  const podRunner = system.podRunner?.pid();
  if (podRunner === undefined) throw new Error('the pod runner does not run');
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO, { scaling: { idleSeconds: 600 } }));
  return await coldStart({ world, name: 'hello', url, podRunner }, wakes);
}

/** A Catnap of its own, with the programs as they are in the images. */
async function withSystem<T>(
  measure: (system: Deployed, world: World) => Promise<T>,
  values?: Parameters<typeof deployLocal>[0],
): Promise<T> {
  await using system = await deployLocal(values);
  await using gateway = new GatewayClient(system.gateway);
  await using world = await World.create(system.kube, gateway);
  return await measure(system, world);
}
