/** Many generated cases, a few at a time, each of which can be repeated by its number. */
import { randomInt } from 'node:crypto';
import { settings } from '../support/settings.ts';
import { Chance } from './generate/chance.ts';

const FAILURES_SHOWN = 10;
const SEED_MAX = 2 ** 31 - 1;

const SEED = settings.CATNAP_FUZZ_SEED ?? randomInt(SEED_MAX);

export interface CampaignOptions {
  /** What the cases are, for the report. */
  name: string;
  cases: number;
  /** Cases at the same time. */
  lanes: number;
  /** Longest for all cases together, in milliseconds; what is left then is not run, which is a failure. */
  withinMs: number;
  /** One case, by its number from 0; `lane` runs one after the other. Says what went wrong, or throws it; undefined: nothing. */
  run: (chance: Chance, index: number, lane: number) => Promise<string | undefined>;
  /** Why no further case makes sense, such as that the process has ended; undefined: go on. */
  over?: () => string | undefined;
}

export interface CampaignReport {
  /** Cases that were run. */
  ran: number;
  /** One line for each case that went wrong, and one if it ended early. */
  failures: string[];
}

/** Runs the cases, or those that the environment names. Resolves when the last one has ended. */
export async function runCampaign({
  name,
  cases,
  lanes,
  withinMs,
  run,
  over,
}: CampaignOptions): Promise<CampaignReport> {
  console.log(`fuzz ${name}: CATNAP_FUZZ_SEED=${SEED}`);
  const due = settings.CATNAP_FUZZ_CASES ?? Array.from({ length: cases }, (_, index) => index);
  const report: CampaignReport = { ran: 0, failures: [] };
  const remaining = due.values();
  const underWay = new Set<number>();
  let ended: string | undefined;
  const endsAtMs = performance.now() + withinMs;
  const work = async (_: unknown, lane: number): Promise<void> => {
    for (const index of remaining) {
      if (performance.now() > endsAtMs) ended ??= `only ${report.ran} of ${due.length} cases within ${withinMs} ms`;
      if (ended !== undefined) return;
      underWay.add(index);
      const wrong = await run(new Chance(SEED, index), index, lane).catch(said);
      report.ran += 1;
      if (wrong !== undefined) report.failures.push(`${replay(index)}: ${wrong}`);
      const end = over?.();
      if (end !== undefined) ended ??= `${replay(...underWay)}: ${end}`;
      underWay.delete(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, due.length) }, work));
  if (ended !== undefined) report.failures.unshift(ended);
  return report;
}

/** The first failures, and how many there are; empty: none. */
export function summary({ failures }: CampaignReport): string {
  const more = failures.length - FAILURES_SHOWN;
  return [...failures.slice(0, FAILURES_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function replay(...indexes: number[]): string {
  return `CATNAP_FUZZ_SEED=${SEED} CATNAP_FUZZ_CASES=${indexes.join(',')}`;
}

function said(error: unknown): string {
  return error instanceof Error
    ? `${error.message} ${error.stack?.split('\n').find((line) => line.includes('/test/fuzz/')) ?? ''}`.trimEnd()
    : String(error);
}
