import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncScene } from './async-scene.ts';
import { atLeast, type Bar, within } from './bar.ts';
import type { RateTarget } from './constant-rate.ts';
import { runOn } from './cores.ts';
import { askAtRate } from './latency.ts';
import { type Result, wrk } from './load.ts';
import { processorSeconds } from './processes.ts';
import { QUIET } from './reading.ts';
import { quantity, type Section } from './report.ts';
import { compared, type Rounds } from './rounds.ts';
import { type ActivatorOptions, hostOf } from './stage.ts';
import { median, percentile } from './statistics.ts';

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;
const AT_RATE = { perSecond: 200, connections: 4, sliceSeconds: 1 } as const;
const WARM_UP_SLICES = 5;
const BODY = '{"event":"order.created","data":"'.padEnd(254, 'b').concat('"}');
const LATER = { Prefer: 'respond-async' };
/** Between the end of a load and when the first of what it left may be delivered. */
const PAUSE_MS = 2_000;
const DRAINED_WITHIN_MS = 180_000;
const ROWS_AT_ONCE = 50;

/** Most that a 202 may take longer than the answer itself, ms; least of the synchronous rate. */
const BARS = { p50: 1.5, p99: 10, accepts: 0.4, drains: 0.3 } as const;
/** A quiet machine answers what is waited for in less; where it did not, what failed is not known to fail. Milliseconds. */
const DISTURBED_MS = { p50: 3, p99: 10 } as const;
/** Of one durable insert. */
const DISTURBED_DISK_MS = 0.5;
type Percentile = keyof typeof DISTURBED_MS;

const LOADS = ['sync', 'accepts', 'drains'] as const;
type LoadName = (typeof LOADS)[number];

/** What both processes did under one load. */
interface Reading {
  perSecond: number;
  /** Processor time that each took, as a share of the time. */
  gateway: number;
  dispatcher: number;
  errors: number;
}

/** Milliseconds of one round at a constant rate. */
type Latency = Record<'sync' | 'async', Record<Percentile, number>>;

/** Work that nobody waits for beside requests to the same function that are waited for, and beside bare durable inserts. */
export async function async({ rounds, seconds, ...options }: Rounds & ActivatorOptions): Promise<Section> {
  await using scene = await AsyncScene.start(CONNECTIONS, options);
  await post(scene, 'warm-up', {}, WARM_UP_SECONDS);
  await post(scene, 'warm-up', LATER, WARM_UP_SECONDS);
  await scene.drained(DRAINED_WITHIN_MS);
  const latencies = await latenciesOf(scene, rounds, 2 * seconds);
  const { readings, inserts } = await ratesOf(scene, rounds, seconds);
  return {
    title: `Async: POST of ${BODY.length} bytes, 202s and deliveries beside answers of the same function: at ${AT_RATE.perSecond}/s, and wrk with ${CONNECTIONS} connections; ${rounds} rounds of ${seconds} s in turn`,
    columns: ['measured', 'CPU gateway', 'CPU dispatcher', 'p50', 'p99', 'errors'],
    rows: [
      ...(['sync', 'async'] as const).map((name) => latencyRow(name, latencies)),
      ...LOADS.map((name) => rateRow(name, readings[name])),
      { name: 'plain inserts, one at a time', cells: [quantity(median(inserts.one), '/s')] },
      { name: `plain inserts, ${ROWS_AT_ONCE} at a time`, cells: [quantity(median(inserts.many), '/s')] },
    ],
    bars: [
      latencyBar('p50', latencies, inserts.one),
      latencyBar('p99', latencies, inserts.one),
      rateBar('accepts', readings),
      rateBar('drains', readings),
    ],
    notes: [
      'what is accepted at 200/s is delivered meanwhile; what wrk left is delivered once it has ended',
      'the gateway has one processor, replica and wrk have the other one, the dispatcher what is left of both',
    ],
    figures: { latencies, readings, inserts },
  };
}

/** All loads, and inserts without anything else, in turn. */
async function ratesOf(scene: AsyncScene, rounds: number, seconds: number) {
  const readings: Record<LoadName, Reading[]> = { sync: [], accepts: [], drains: [] };
  const inserts: Record<'one' | 'many', number[]> = { one: [], many: [] };
  for (let round = 0; round < rounds; round++) {
    readings.sync.push(await read(scene, () => post(scene, 'sync', {}, seconds)));
    const { accepts, drains } = await acceptThenDrain(scene, seconds);
    readings.accepts.push(accepts);
    readings.drains.push(drains);
    inserts.one.push(await plainInserts(scene, 1));
    inserts.many.push(await plainInserts(scene, ROWS_AT_ONCE));
  }
  return { readings, inserts };
}

/** As many as it gets answers to. @param name of its script */
async function post(
  scene: AsyncScene,
  name: string,
  headers: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Result> {
  const script = join(scene.folder, `${name}.lua`);
  const fields = Object.entries({ Host: hostOf('hello'), 'Content-Type': 'application/json', ...headers });
  const lines = fields.map(([field, value]) => `wrk.headers["${field}"] = "${value}"`);
  await writeFile(script, [`wrk.method = "POST"`, `wrk.body = '${BODY}'`, ...lines, ''].join('\n'));
  const url = `http://127.0.0.1:${scene.activator.port}/`;
  return await wrk({ url, host: hostOf('hello'), connections: CONNECTIONS, seconds, script });
}

async function read(scene: AsyncScene, load: () => Promise<Result>): Promise<Reading> {
  const { result, ...busy } = await busyDuring(scene, load);
  return { perSecond: result.requestsPerSecond, errors: result.errors, ...busy };
}

/** What is accepted may be delivered from a moment on at which nothing is accepted any more. */
async function acceptThenDrain(scene: AsyncScene, seconds: number): Promise<Record<'accepts' | 'drains', Reading>> {
  const dueAtMs = Date.now() + seconds * 1000 + PAUSE_MS;
  const headers = { ...LATER, 'Catnap-Not-Before': new Date(dueAtMs).toISOString() };
  const accepts = await read(scene, () => post(scene, 'later', headers, seconds));
  const { done } = await scene.totals();
  await sleep(Math.max(0, dueAtMs - Date.now()));
  const { result, ...busy } = await busyDuring(scene, async () => {
    const totals = await scene.drained(DRAINED_WITHIN_MS);
    return { count: totals.done - done, ms: Date.now() - dueAtMs };
  });
  return { accepts, drains: { perSecond: result.count / (result.ms / 1000), errors: 0, ...busy } };
}

async function busyDuring<T>(scene: AsyncScene, load: () => Promise<T>) {
  const { gateway, dispatcher } = scene.pids;
  const taken = () => ({ gateway: processorSeconds(gateway), dispatcher: processorSeconds(dispatcher) });
  const [before, startedAtMs] = [taken(), performance.now()];
  const result = await load();
  const [after, seconds] = [taken(), (performance.now() - startedAtMs) / 1000];
  const share = (of: 'gateway' | 'dispatcher') => (after[of] - before[of]) / seconds;
  return { result, gateway: share('gateway'), dispatcher: share('dispatcher') };
}

/** Of rows like those of the store, on its disk. */
async function plainInserts(scene: AsyncScene, atOnce: number): Promise<number> {
  const program = join(import.meta.dirname, 'plain-inserts.mjs');
  const file = join(scene.folder, `plain-${atOnce}.db`);
  return Number(await runOn('rest', [process.execPath, '--no-warnings', program, file, String(atOnce), '1']));
}

async function latenciesOf(scene: AsyncScene, rounds: number, slices: number): Promise<Latency[]> {
  const target = { host: '127.0.0.1', port: scene.activator.port, authority: hostOf('hello'), body: BODY };
  const targets: RateTarget[] = [
    { ...target, name: 'sync' },
    { ...target, name: 'async', headers: LATER, status: 202 },
  ];
  const results = await askAtRate({ ...AT_RATE, targets, warmUp: WARM_UP_SLICES, slices: rounds * slices });
  await scene.drained(DRAINED_WITHIN_MS);
  const of = (name: string, round: number) => {
    const { ms = [], errors = 0 } = results[name] ?? {};
    if (errors > 0) throw new Error(`${errors} requests of ${name} were answered otherwise`);
    const all = ms.slice(round * slices, (round + 1) * slices).flat();
    return { p50: percentile(all, 50), p99: percentile(all, 99) };
  };
  return Array.from({ length: rounds }, (_, round) => ({ sync: of('sync', round), async: of('async', round) }));
}

function latencyRow(name: 'sync' | 'async', all: readonly Latency[]) {
  const of = (p: Percentile) => quantity(median(all.map((latency) => latency[name][p])), 'ms');
  return { name: `${AT_RATE.perSecond}/s, ${name}`, cells: ['-', '-', '-', of('p50'), of('p99'), '0'] };
}

function rateRow(name: LoadName, all: readonly Reading[]) {
  const of = (field: keyof Reading) => median(all.map((reading) => reading[field]));
  const share = (n: number) => `${(n * 100).toFixed(0)} %`;
  const errors = all.reduce((sum, reading) => sum + reading.errors, 0);
  const busy = [share(of('gateway')), share(of('dispatcher'))];
  return { name, cells: [quantity(of('perSecond'), '/s'), ...busy, '-', '-', String(errors)] };
}

/** @param inserts durable ones, each by itself, per second */
function latencyBar(p: Percentile, all: readonly Latency[], inserts: readonly number[]): Bar {
  const added = median(all.map((latency) => latency.async[p] - latency.sync[p]));
  const bar = within(`a 202 takes longer, ${p}`, { figure: added, unit: 'ms' }, BARS[p]);
  const isDisturbed = (['p50', 'p99'] as const).some((q) => median(all.map(({ sync }) => sync[q])) > DISTURBED_MS[q]);
  const isDiskDisturbed = 1000 / median(inserts) > DISTURBED_DISK_MS;
  return bar.verdict === 'NO' && (isDisturbed || isDiskDisturbed) ? { ...bar, verdict: 'unclear' } : bar;
}

function rateBar(name: 'accepts' | 'drains', readings: Readonly<Record<LoadName, readonly Reading[]>>): Bar {
  const rates = (of: LoadName) => readings[of].map(({ perSecond }) => perSecond);
  const bar = atLeast(`${name} over sync`, compared(rates(name), rates('sync'), '/s'), BARS[name]);
  if (readings[name].some(({ errors }) => errors > 0)) return { ...bar, verdict: 'NO' };
  const isDisturbed = median(readings.sync.map(({ gateway }) => gateway)) < QUIET;
  return bar.verdict === 'NO' && isDisturbed ? { ...bar, verdict: 'unclear' } : bar;
}
