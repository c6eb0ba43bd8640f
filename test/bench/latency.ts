import { join } from 'node:path';
import { atMost, type Bar } from './bar.ts';
import type { RatePlan, RateResult } from './constant-rate.ts';
import { runOn } from './cores.ts';
import { quantity, type Section } from './report.ts';
import { hostOf, Stage, type StageFunction, WAYS, type Way } from './stage.ts';
import { median, percentile } from './statistics.ts';

const PER_SECOND = 200;
const CONNECTIONS = 4;
/** One second of requests at each way in turn: figures of which nothing is kept. */
const WARM_UP_SLICES = 5;
/** Most that the activator may add, as a multiple of what nginx adds. */
const BARS = { p50: 2.5, p99: 3.5 } as const;
/** nginx adds a tenth of this, at the most; where it seems to add more, others had its processor. Milliseconds. */
const DISTURBED_MS = { p50: 0.8, p99: 2 } as const;
type Percentile = keyof typeof BARS;

export interface LatencyOptions {
  rounds: number;
  /** Of requests at each way, in a round. */
  seconds: number;
}

/** Milliseconds of one round. */
type Round = Record<Way, Record<Percentile, number>>;

/** What a proxy adds to a request while there is little to do: its latency less that of the backend asked directly. */
export async function latency({ rounds, seconds }: LatencyOptions): Promise<Section> {
  await using stage = await Stage.start();
  const plan = { ...ratePlan(stage, WAYS, 'hello'), warmUp: WARM_UP_SLICES, slices: rounds * seconds };
  const results = await askAtRate(plan);
  const all = Array.from({ length: rounds }, (_, round) => oneRound(results, round, seconds));
  const errors = WAYS.map((way) => results[way]?.errors ?? 0);
  return {
    title: `Latency: ${PER_SECOND} requests/s over ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s, a second of each in turn`,
    columns: ['p50', 'p99', 'adds p50', 'adds p99', 'errors'],
    rows: WAYS.map((name, i) => ({ name, cells: cells(all, name, errors[i] ?? 0) })),
    bars: (['p50', 'p99'] as const).map((p) => addedBar(all, p)),
    notes: [],
    figures: { rounds: all, errors },
  };
}

/** A plan that lacks only how long. */
export function ratePlan(stage: Stage, ways: readonly Way[], name: StageFunction): Omit<RatePlan, 'warmUp' | 'slices'> {
  const targets = ways.map((way) => ({
    name: way,
    host: '127.0.0.1',
    port: stage.port(way, name),
    authority: hostOf(name),
  }));
  return { targets, perSecond: PER_SECOND, connections: CONNECTIONS, sliceSeconds: 1 };
}

/** From a process of its own: nothing else happens between an answer's arrival and the look at the clock. */
export async function askAtRate(plan: RatePlan): Promise<Record<string, RateResult>> {
  const generator = join(import.meta.dirname, 'rate-generator.ts');
  return JSON.parse(await runOn('rest', [process.execPath, generator, JSON.stringify(plan)]));
}

function oneRound(results: Record<string, RateResult>, round: number, slices: number): Round {
  const of = (way: Way) => {
    const ms = results[way]?.ms.slice(round * slices, (round + 1) * slices).flat() ?? [];
    return { p50: percentile(ms, 50), p99: percentile(ms, 99) };
  };
  return { direct: of('direct'), nginx: of('nginx'), activator: of('activator') };
}

function added(rounds: readonly Round[], way: Way, p: Percentile): number {
  return median(rounds.map((round) => round[way][p] - round.direct[p]));
}

function addedBar(rounds: readonly Round[], p: Percentile): Bar {
  const measured = { figure: added(rounds, 'activator', p), baseline: added(rounds, 'nginx', p), unit: 'ms' };
  const bar = atMost(`added ${p}, over nginx's`, measured, BARS[p]);
  return measured.baseline > DISTURBED_MS[p] ? { ...bar, verdict: 'unclear' } : bar;
}

function cells(rounds: readonly Round[], way: Way, errors: number): string[] {
  const of = (p: Percentile) => quantity(median(rounds.map((round) => round[way][p])), 'ms');
  const adds = (p: Percentile) => (way === 'direct' ? '-' : quantity(added(rounds, way, p), 'ms'));
  return [of('p50'), of('p99'), adds('p50'), adds('p99'), String(errors)];
}
