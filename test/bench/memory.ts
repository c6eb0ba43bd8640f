import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployed } from '../support/deployed.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { FUNCTION, type World } from '../support/world.ts';
import { within } from './bar.ts';
import { BareServer } from './bare.ts';
import { bundlersRunning, descendants, podsRunning, pssMib } from './processes.ts';
import { quantity, type Section } from './report.ts';
import { median } from './statistics.ts';

const FUNCTIONS = 10;
/** All sleep but one: the first. */
const AWAKE = 'idle-0';

/** Most that a process may take, given what a bare node:http server takes in the same run; MiB. */
const BARS = {
  operator: (bareMib: number) => bareMib + 40,
  activator: (bareMib: number) => bareMib + 20,
  dispatcher: (bareMib: number) => bareMib + 25,
  replica: (bareMib: number) => 1.2 * bareMib,
} as const;

type Judged = keyof typeof BARS;
const JUDGED: readonly Judged[] = ['operator', 'activator', 'dispatcher', 'replica'];
/** Pss of each, MiB. */
type Reading = Record<Judged | 'bare', number>;

export interface MemoryOptions {
  /** Of each process. */
  starts: number;
  /** How long they do nothing before they are measured. */
  idleSeconds: number;
}

/**
 * Pss of each process as it is after a while of nothing, beside a bare node:http server that has answered once, as the
 * replica has. A function was compiled; the bundler, in a container of its own, counts as part of the operator.
 */
export async function memory(system: Deployed, world: World, options: MemoryOptions): Promise<Section> {
  for (let i = 0; i < FUNCTIONS; i++) await world.deploy(quiet(world, `idle-${i}`, 0));
  const readings: Reading[] = [];
  for (let start = 1; start <= options.starts; start++) {
    await startAnew(system, world, start);
    await using bare = await BareServer.start();
    await sleep(options.idleSeconds * 1000);
    readings.push(await readAll(system, bare.pid));
  }
  const mib = (name: keyof Reading) => median(readings.map((reading) => reading[name]));
  const bare = mib('bare');
  const row = (name: string, figure: number) => ({
    name,
    cells: [quantity(figure, 'MiB'), quantity(figure - bare, 'MiB')],
  });
  return {
    title: `Idle memory: Pss after ${options.idleSeconds} s of nothing, with ${FUNCTIONS} functions, medians of ${options.starts} starts`,
    columns: ['median', 'over bare'],
    rows: [row('bare node:http', bare), ...JUDGED.map((name) => row(name, mib(name)))],
    bars: JUDGED.map((name) =>
      within(`idle memory, ${name}`, { figure: mib(name), baseline: bare, unit: 'MiB' }, BARS[name](bare)),
    ),
    notes: ['bars: operator bare + 40 MiB, activator bare + 20 MiB, dispatcher bare + 25 MiB, replica 1.2 x bare'],
    figures: readings,
  };
}

function quiet(world: World, name: string, version: number) {
  return manifest(world.namespace, name, `${HELLO}// ${version}\n`, { scaling: { idleSeconds: 3600 }, async: {} });
}

/** Fresh processes, each of which has done its work once. */
async function startAnew(system: Deployed, world: World, version: number): Promise<void> {
  const { activator, operator, dispatcher } = system;
  if (dispatcher === undefined) throw new Error('there is no dispatcher');
  for (const part of [dispatcher, activator, operator]) {
    await part.stop();
    await part.start();
  }
  // Of another source, so that the operator has to compile it.
  await world.kube.delete(FUNCTION, world.ref(AWAKE), { signal: world.soon() });
  await eventually('no pod is left', async () => (await world.pods()).length === 0);
  const url = await world.deploy(quiet(world, AWAKE, version));
  const { status, text } = await world.call(url);
  if (status !== 200) throw new Error(`${AWAKE} answered ${status} ${text}`);
  await eventually('what nobody waits for is done too', () => doneLater(world, url));
}

/** Throws while there is no dispatcher to take it. */
async function doneLater(world: World, url: string): Promise<boolean> {
  const accepted = await world.call(url, { headers: { prefer: 'respond-async' } });
  const { location } = accepted.headers;
  if (accepted.status !== 202 || typeof location !== 'string') throw new Error(`${accepted.status} ${accepted.text}`);
  const { text } = await world.call(url, { path: location, headers: { prefer: 'wait=10' } });
  return JSON.parse(text).status === 'done';
}

async function readAll(system: Deployed, bare: number): Promise<Reading> {
  const podRunner = system.podRunner?.pid();
  if (podRunner === undefined) throw new Error('the pod runner is gone');
  const only = (file: string): number => {
    const [pid, ...more] = podsRunning(podRunner, file);
    if (pid === undefined || more.length > 0) throw new Error(`one pod should run ${file}`);
    return pid;
  };
  const all = (pid: number) => pssMib(pid) + descendants(pid).reduce((sum, child) => sum + pssMib(child.pid), 0);
  const bundlers = bundlersRunning(podRunner);
  if (bundlers.length !== 1) throw new Error(`one bundler should run, not ${bundlers.length}`);
  return {
    bare: pssMib(bare),
    operator: all(only('/operator.mjs')) + bundlers.reduce((sum, pid) => sum + all(pid), 0),
    activator: all(only('/activator.mjs')),
    dispatcher: all(only('/dispatcher.mjs')),
    replica: pssMib(only('runtime.mjs')),
  };
}
