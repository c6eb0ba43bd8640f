import { askAtRate, ratePlan } from './latency.ts';
import { wrk } from './load.ts';
import { quantity, type Section } from './report.ts';
import { hostOf, Stage } from './stage.ts';
import { percentile } from './statistics.ts';

const CONNECTIONS = 256;
const PROXIES = ['nginx', 'activator'] as const;
type Proxy = (typeof PROXIES)[number];

interface Reading {
  aloneMs: number[];
  floodedMs: number[];
  /** Of the flood, for each second. */
  floodPerSecond: number;
  errors: number;
}

/** What one function's flood does to another one's latency, through the activator and through nginx. No bar: to look at. */
export async function flood(seconds: number): Promise<Section> {
  await using stage = await Stage.start();
  const readings: Record<Proxy, Reading> = {
    nginx: await flooded(stage, 'nginx', seconds),
    activator: await flooded(stage, 'activator', seconds),
  };
  const figures = Object.fromEntries(PROXIES.map((proxy) => [proxy, summary(readings[proxy])]));
  return {
    title: `Flood: one function asked over ${CONNECTIONS} connections for all it can do, another 200 times a second over 4, for ${seconds} s`,
    columns: ['p50', 'p99', 'flood p50', 'flood p99', 'flood req/s', 'errors'],
    rows: PROXIES.map((name) => ({ name, cells: cells(readings[name]) })),
    bars: [],
    notes: [],
    figures,
  };
}

async function flooded(stage: Stage, proxy: Proxy, seconds: number): Promise<Reading> {
  const plan = { ...ratePlan(stage, [proxy], 'other'), warmUp: 1, slices: seconds };
  const alone = (await askAtRate(plan))[proxy];
  const load = { url: stage.url(proxy, 'hello', '/'), host: hostOf('hello'), connections: CONNECTIONS };
  // It begins before the other function is asked, and lasts longer.
  const [mass, beside] = await Promise.all([wrk({ ...load, seconds: seconds + 3 }), askAtRate(plan)]);
  const also = beside[proxy];
  return {
    aloneMs: alone?.ms.flat() ?? [],
    floodedMs: also?.ms.flat() ?? [],
    floodPerSecond: mass.requestsPerSecond,
    errors: (alone?.errors ?? 0) + (also?.errors ?? 0) + mass.errors,
  };
}

function summary({ aloneMs, floodedMs, floodPerSecond, errors }: Reading) {
  const both = (ms: readonly number[]) => ({ p50Ms: percentile(ms, 50), p99Ms: percentile(ms, 99) });
  return { alone: both(aloneMs), flooded: both(floodedMs), floodPerSecond, errors };
}

function cells(reading: Reading): string[] {
  const { alone, flooded: also, floodPerSecond, errors } = summary(reading);
  const ms = [alone.p50Ms, alone.p99Ms, also.p50Ms, also.p99Ms].map((one) => quantity(one, 'ms'));
  return [...ms, floodPerSecond.toFixed(0), String(errors)];
}
