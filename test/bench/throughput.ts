import { atLeast, type Bar } from './bar.ts';
import { type Load, medians, type Result, wrk } from './load.ts';
import { quantity, type Section } from './report.ts';
import { compared, inTurn, type Rounds } from './rounds.ts';
import { type ActivatorOptions, hostOf, Stage, WAYS, type Way } from './stage.ts';
import { median } from './statistics.ts';

const CONNECTIONS = 64;
/** For the compiler of the activator; nginx has none. */
const WARM_UP_SECONDS = 3;
const WHAT = 'throughput over nginx';
/** Share of its processor's time that the activator must have had for a verdict. */
const QUIET = 0.85;
const BAR = 0.5;
const ACCEPTED = 0.45;

interface Reading extends Result {
  /** Requests for each second of processor time that the proxy took: what it would do with its processor to itself. */
  perProcessorSecond: number;
  /** Of the time, how much the proxy had the processor. */
  busy: number;
}

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
  const readings = await inTurn(WAYS, rounds, (way) => measured(stage, way, load(way, seconds)));
  const overNginx = (field: keyof Reading) => {
    const of = (way: Way) => readings[way].map((reading) => reading[field]);
    return compared(of('activator'), of('nginx'), '/s');
  };
  return {
    title: `Throughput: GET of a fixed answer, wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: ['requests/s', 'p50', 'p99', 'per CPU s', 'CPU', 'errors'],
    rows: WAYS.map((name) => ({ name, cells: cells(readings[name]) })),
    bars: [unlessDisturbed(readings, atLeast(WHAT, overNginx('requestsPerSecond'), BAR, ACCEPTED))],
    notes: [
      `requests for each second of processor time, over nginx: ${overNginx('perProcessorSecond').ratio.toFixed(2)}`,
    ],
    figures: readings,
  };
}

async function measured(stage: Stage, way: Way, load: Load): Promise<Reading> {
  if (way === 'direct') return { ...(await wrk(load)), perProcessorSecond: Number.NaN, busy: Number.NaN };
  const before = stage.processorSeconds(way);
  const result = await wrk(load);
  const took = stage.processorSeconds(way) - before;
  const perProcessorSecond = (result.requestsPerSecond * load.seconds) / took;
  return { ...result, perProcessorSecond, busy: took / load.seconds };
}

function cells(readings: readonly Reading[]): string[] {
  const { requestsPerSecond, p50Ms, p99Ms, errors } = medians(readings);
  const [perSecond, busy] = [median(readings.map((r) => r.perProcessorSecond)), median(readings.map((r) => r.busy))];
  return [
    requestsPerSecond.toFixed(0),
    quantity(p50Ms, 'ms'),
    quantity(p99Ms, 'ms'),
    Number.isNaN(perSecond) ? '-' : perSecond.toFixed(0),
    Number.isNaN(busy) ? '-' : `${(busy * 100).toFixed(0)} %`,
    String(errors),
  ];
}

/** A proxy that is asked for all it can do keeps its processor busy; else somebody else was there too. */
function unlessDisturbed({ activator }: Record<Way, Reading[]>, bar: Bar): Bar {
  const busy = median(activator.map((reading) => reading.busy));
  return busy < QUIET ? { ...bar, verdict: 'unclear' } : bar;
}
