import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployed } from '../support/deployed.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { FUNCTION, type World } from '../support/world.ts';
import { BareServer } from './bare.ts';
import { descendants, podsRunning, pssMib } from './processes.ts';
import { median } from './statistics.ts';

const FUNCTIONS = 10;
/** All sleep but one: the first. */
const AWAKE = 'idle-0';

/** Most that a process may take, given what a bare node:http server takes in the same run; MiB. */
export const MEMORY_BARS = {
  operator: (bareMib: number) => bareMib + 40,
  activator: (bareMib: number) => bareMib + 20,
  replica: (bareMib: number) => 1.2 * bareMib,
} as const;

export type Measured = keyof typeof MEMORY_BARS;

export interface MemoryFigure {
  /** Pss, MiB: the median over the starts, and each. */
  mib: number;
  all: number[];
}

export interface Memory {
  starts: number;
  idleSeconds: number;
  functions: number;
  bare: MemoryFigure;
  processes: Record<Measured, MemoryFigure & { barMib: number; holds: boolean }>;
}

export interface MemoryOptions {
  /** Of each process. */
  starts: number;
  /** How long they do nothing before they are measured. */
  idleSeconds: number;
}

/**
 * Pss of each process as it is after a while of nothing, beside a bare node:http server that has answered once, as the
 * replica has. The operator has compiled a function; its bundler's process counts as part of it, if it is still there.
 */
export async function memory(system: Deployed, world: World, options: MemoryOptions): Promise<Memory> {
  for (let i = 0; i < FUNCTIONS; i++) await world.deploy(quiet(world, `idle-${i}`, 0));
  const readings: Record<Measured | 'bare', number>[] = [];
  for (let start = 1; start <= options.starts; start++) {
    await startAnew(system, world, start);
    await using bare = await BareServer.start();
    await sleep(options.idleSeconds * 1000);
    readings.push(await readAll(system, bare.pid));
  }
  const figure = (name: Measured | 'bare'): MemoryFigure => {
    const all = readings.map((reading) => reading[name]);
    return { mib: median(all), all };
  };
  const bare = figure('bare');
  const judged = (name: Measured) => {
    const { mib, all } = figure(name);
    const barMib = MEMORY_BARS[name](bare.mib);
    return { mib, all, barMib, holds: mib <= barMib };
  };
  return {
    ...options,
    functions: FUNCTIONS,
    bare,
    processes: { operator: judged('operator'), activator: judged('activator'), replica: judged('replica') },
  };
}

function quiet(world: World, name: string, version: number) {
  return manifest(world.namespace, name, `${HELLO}// ${version}\n`, { scaling: { idleSeconds: 3600 } });
}

/** Fresh processes, each of which has done its work once. */
async function startAnew(system: Deployed, world: World, version: number): Promise<void> {
  for (const part of [system.activator, system.operator]) {
    await part.stop();
    await part.start();
  }
  // Of another source, so that the operator has to compile it.
  await world.kube.delete(FUNCTION, world.ref(AWAKE), { signal: world.soon() });
  await eventually('no pod is left', async () => (await world.pods()).length === 0);
  const url = await world.deploy(quiet(world, AWAKE, version));
  const { status, text } = await world.call(url);
  if (status !== 200) throw new Error(`${AWAKE} answered ${status} ${text}`);
}

async function readAll(system: Deployed, bare: number): Promise<Record<Measured | 'bare', number>> {
  const podRunner = system.podRunner?.pid();
  if (podRunner === undefined) throw new Error('the pod runner is gone');
  const only = (file: string): number => {
    const [pid, ...more] = podsRunning(podRunner, file);
    if (pid === undefined || more.length > 0) throw new Error(`one pod should run ${file}`);
    return pid;
  };
  const all = (pid: number) => pssMib(pid) + descendants(pid).reduce((sum, child) => sum + pssMib(child.pid), 0);
  return {
    bare: pssMib(bare),
    operator: all(only('/operator.mjs')),
    activator: all(only('/activator.mjs')),
    replica: pssMib(only('runtime.mjs')),
  };
}
