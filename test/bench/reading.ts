import { atLeast, type Bar, type Measured } from './bar.ts';
import { type Load, medians, type Result, wrk } from './load.ts';
import { processorSeconds } from './processes.ts';
import { quantity } from './report.ts';
import { compared } from './rounds.ts';
import { median } from './statistics.ts';

/** Of its processor's time, what a proxy that is asked for all it can do has on a machine with nothing else to do. */
export const QUIET = 0.85;
/** With less than this, even what it did in its own time is chance: each turn begins with cold caches. */
const DROWNED = 0.25;

/** What a proxy did under one load. */
export interface Reading extends Result {
  /** Processor time that it took, as a share of the time; NaN where there is no proxy. */
  busy: number;
}

type Basis = 'time' | 'processor time' | 'chance';
type Rate = 'requestsPerSecond' | 'mibPerSecond';

/** @param pid the proxy's process */
export async function readUnder(load: Load, pid: number | undefined): Promise<Reading> {
  const before = pid === undefined ? Number.NaN : processorSeconds(pid);
  const result = await wrk(load);
  return { ...result, busy: pid === undefined ? Number.NaN : (processorSeconds(pid) - before) / load.seconds };
}

/**
 * The rates that were measured; where others had much of our proxy's processor, those for each second of processor time
 * instead, for what a proxy got of it is then chance.
 */
export function comparedRates(
  ours: readonly Reading[],
  theirs: readonly Reading[],
  rate: Rate,
  unit: string,
): Measured & { basis: Basis } {
  const busy = (readings: readonly Reading[]) => median(readings.map((reading) => reading.busy));
  const isQuiet = busy(ours) >= QUIET;
  const isDrowned = Math.min(busy(ours), busy(theirs)) < DROWNED;
  const of = (readings: readonly Reading[]) =>
    readings.map((reading) => (isQuiet ? reading[rate] : perProcessorSecond(reading, rate)));
  const measured = compared(of(ours), of(theirs), isQuiet ? `${unit}/s` : `${unit}/CPU s`);
  return { ...measured, basis: isQuiet ? 'time' : isDrowned ? 'chance' : 'processor time' };
}

/** What the rates of the activator are held against. */
interface RateBar {
  rate: Rate;
  unit: string;
  bar: number;
  accepted: number;
}

/**
 * The bar for a rate beside nginx. By processor time nginx looks better than it is, for it waits for its backend and its
 * client as well: what does not hold then is not yet known to fail.
 */
export function overNginx(
  what: string,
  readings: Readonly<Record<'activator' | 'nginx', readonly Reading[]>>,
  { rate, unit, bar, accepted }: RateBar,
): Bar {
  const { basis, ...measured } = comparedRates(readings.activator, readings.nginx, rate, unit);
  const judged = atLeast(`${what} over nginx`, measured, bar, accepted);
  const isKnown = basis === 'time' || (basis === 'processor time' && judged.verdict === 'yes');
  return isKnown ? judged : { ...judged, verdict: 'unclear' };
}

/** The bar for a rate beside a proxy of Node and undici, which waits in the same way: processor time tells of both alike. */
export function overUndici(
  what: string,
  readings: Readonly<Record<'activator' | 'undici', readonly Reading[]>>,
  { rate, unit, bar, accepted }: RateBar,
): Bar {
  const { basis, ...measured } = comparedRates(readings.activator, readings.undici, rate, unit);
  const judged = atLeast(`${what} over undici`, measured, bar, accepted);
  return basis === 'chance' ? { ...judged, verdict: 'unclear' } : judged;
}

/** What it would do with its processor to itself, if nothing else held it up. */
function perProcessorSecond(reading: Reading, rate: Rate): number {
  return reading[rate] / reading.busy;
}

export const READING_COLUMNS = ['measured', 'p50', 'p99', 'by CPU time', 'CPU', 'errors'];

export function readingCells(readings: readonly Reading[], rate: Rate, unit: string): string[] {
  const { p50Ms, p99Ms, errors, ...rates } = medians(readings);
  const busy = median(readings.map((reading) => reading.busy));
  const byTime = median(readings.map((reading) => perProcessorSecond(reading, rate)));
  return [
    quantity(rates[rate], `${unit}/s`),
    quantity(p50Ms, 'ms'),
    quantity(p99Ms, 'ms'),
    Number.isNaN(byTime) ? '-' : quantity(byTime, `${unit}/s`),
    Number.isNaN(busy) ? '-' : `${(busy * 100).toFixed(0)} %`,
    String(errors),
  ];
}
