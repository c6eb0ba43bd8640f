import { type Load, wrk } from './load.ts';
import { overNginx, READING_COLUMNS, readingCells, readUnder } from './reading.ts';
import type { Section } from './report.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { type ActivatorOptions, hostOf, Stage, WAYS, type Way } from './stage.ts';

const CONNECTIONS = 64;
/** For the compiler of the activator; nginx has none. */
const WARM_UP_SECONDS = 3;
const BAR = { rate: 'requestsPerSecond', unit: '', bar: 0.5, accepted: 0.45 } as const;

/** Keep-alive requests through the whole chain, beside nginx as a proxy of the same backend. */
export async function throughput({ rounds, seconds, ...options }: Rounds & ActivatorOptions): Promise<Section> {
  await using stage = await Stage.start(options);
  const load = (way: Way, lasting: number): Load => ({
    url: stage.url(way, 'hello', '/'),
    host: hostOf('hello'),
    connections: CONNECTIONS,
    seconds: lasting,
  });
  for (const way of WAYS) await wrk(load(way, way === 'activator' ? WARM_UP_SECONDS : 1));
  const readings = await inTurn(WAYS, rounds, (way) => readUnder(load(way, seconds), stage.pid(way)));
  return {
    title: `Throughput: GET of a fixed answer, wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: READING_COLUMNS,
    rows: WAYS.map((name) => ({ name, cells: readingCells(readings[name], BAR.rate, BAR.unit) })),
    bars: [overNginx('throughput', readings, BAR)],
    notes: [],
    figures: readings,
  };
}
