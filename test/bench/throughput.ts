import { type Load, wrk } from './load.ts';
import { overNginx, overUndici, READING_COLUMNS, readingCells, readUnder } from './reading.ts';
import type { Section } from './report.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { startServer } from './server.ts';
import { type ActivatorOptions, hostOf, Stage, WAYS, type Way } from './stage.ts';

const CONNECTIONS = 64;
/** For the compiler of what runs in Node; nginx has none. */
const WARM_UP_SECONDS = 3;
const BAR = { rate: 'requestsPerSecond', unit: '', bar: 0.5, accepted: 0.45 } as const;
/** All that the gateway decides must cost no more than what its own connections save. */
const UNDICI_BAR = { ...BAR, bar: 1, accepted: 1 } as const;

const PROXIED = [...WAYS, 'undici'] as const;
type Proxied = Way | 'undici';

/** Keep-alive requests through the whole chain, beside nginx and a proxy of Node and undici before the same backend. */
export async function throughput({ rounds, seconds, ...options }: Rounds & ActivatorOptions): Promise<Section> {
  await using stage = await Stage.start(options);
  await using undici = await startServer('proxy', 'undici-proxy.mjs', [String(stage.port('direct', 'hello'))]);
  const load = (way: Proxied, lasting: number): Load => ({
    url: way === 'undici' ? `http://127.0.0.1:${undici.port}/` : stage.url(way, 'hello', '/'),
    host: hostOf('hello'),
    connections: CONNECTIONS,
    seconds: lasting,
  });
  for (const way of PROXIED) await wrk(load(way, way === 'activator' || way === 'undici' ? WARM_UP_SECONDS : 1));
  const pid = (way: Proxied) => (way === 'undici' ? undici.pid : stage.pid(way));
  const readings = await inTurn(PROXIED, rounds, (way) => readUnder(load(way, seconds), pid(way)));
  return {
    title: `Throughput: GET of a fixed answer, wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: READING_COLUMNS,
    rows: PROXIED.map((name) => ({ name, cells: readingCells(readings[name], BAR.rate, BAR.unit) })),
    bars: [overNginx('throughput', readings, BAR), overUndici('throughput', readings, UNDICI_BAR)],
    notes: [],
    figures: readings,
  };
}
