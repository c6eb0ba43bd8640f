import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployed } from '../support/deployed.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import type { World } from '../support/world.ts';
import { within } from './bar.ts';
import { BareServer } from './bare.ts';
import { podsRunning, processorSeconds } from './processes.ts';
import { quantity, type Section } from './report.ts';

const FUNCTIONS = 10;
/** After the last Function was made, in which the bundler's process and what is written about starts come to an end. */
const SETTLE_MS = 15_000;
/** What each is asked, in milliseconds between two: by kubelet, and the activator by the operator too. */
const PROBE_EVERY_MS = 5_000;
const SCRAPE_EVERY_MS = 1_000;
/** Most that a process may take over a bare node:http server that is asked the same, in thousandths of a processor. */
const BARS = { operator: 2, activator: 1, dispatcher: 1 } as const;

type Judged = keyof typeof BARS;
const JUDGED: readonly Judged[] = ['operator', 'activator', 'dispatcher'];

/** Processor time that operator, activator and dispatcher take while nothing happens, with functions that sleep. */
export async function idle(system: Deployed, world: World, seconds: number): Promise<Section> {
  for (let i = 0; i < FUNCTIONS; i++) await world.deploy(manifest(world.namespace, `idle-${i}`, HELLO, { async: {} }));
  await using probed = await BareServer.start();
  await using scraped = await BareServer.start();
  using _asking = asking([
    [probed, PROBE_EVERY_MS],
    [scraped, PROBE_EVERY_MS],
    [scraped, SCRAPE_EVERY_MS],
  ]);
  await sleep(SETTLE_MS);
  const pids = {
    operator: podsOf(system, '/operator.mjs'),
    activator: podsOf(system, '/activator.mjs'),
    dispatcher: podsOf(system, '/dispatcher.mjs'),
  };
  const all = { ...pids, probed: [probed.pid], scraped: [scraped.pid] };
  const before = readings(all);
  await sleep(seconds * 1000);
  const after = readings(all);
  // Of several the busiest: the operator that leads.
  const milli = (name: keyof typeof all) =>
    (Math.max(...after[name].map((took, i) => took - (before[name][i] ?? 0))) / seconds) * 1000;
  const baseline = { operator: milli('probed'), activator: milli('scraped'), dispatcher: milli('probed') };
  return {
    title: `Idle processor time over ${seconds} s, with ${FUNCTIONS} functions that sleep, in thousandths of a processor`,
    columns: ['taken', 'over bare'],
    rows: JUDGED.map((name) => ({
      name,
      cells: [quantity(milli(name), 'milli'), quantity(milli(name) - baseline[name], 'milli')],
    })),
    bars: JUDGED.map((name) => {
      const measured = { figure: milli(name), baseline: baseline[name], unit: 'milli' };
      return within(`idle processor time, ${name}`, measured, baseline[name] + BARS[name]);
    }),
    notes: ['beside a bare node:http server that is asked as often: by probes, the activator by the operator too'],
    figures: [{ ...baseline, taken: Object.fromEntries(JUDGED.map((name) => [name, milli(name)])) }],
  };
}

/** Processor seconds of each. */
function readings<T extends string>(pids: Record<T, readonly number[]>): Record<T, number[]> {
  const entries = Object.entries<readonly number[]>(pids).map(([name, of]) => [name, of.map(processorSeconds)]);
  return Object.fromEntries(entries) as Record<T, number[]>;
}

function asking(plan: readonly (readonly [BareServer, number])[]): Disposable {
  const timers = plan.map(([{ url }, everyMs]) => setInterval(() => void fetch(url).then((it) => it.text()), everyMs));
  return { [Symbol.dispose]: () => timers.forEach(clearInterval) };
}

function podsOf(system: Deployed, file: string): number[] {
  const pids = podsRunning(system.podRunner?.pid() ?? 0, file);
  if (pids.length === 0) throw new Error(`no pod runs ${file}`);
  return pids;
}
