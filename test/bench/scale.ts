import { startApiServer } from '../integration/operator-process.ts';
import { QuickBundler } from '../support/quick-bundler.ts';
import {
  afterIdle,
  type Belongings,
  makeFunctions,
  type ProcessReading,
  type RestartReading,
  Running,
  untilMade,
  untilReconciled,
  versions,
} from '../support/scale.ts';
import { type Bar, within } from './bar.ts';
import { quantity, type Section } from './report.ts';

const FUNCTIONS = 5_000;
/** Over the same process with none, MiB. */
const BARS_MIB = { operator: 25, activator: 15 } as const;
const RECONCILED_SECONDS = 60;
const STALL_MS = 100;
const SOCKETS = 10;

interface Readings {
  restart: RestartReading;
  operator: ProcessReading;
  activator: ProcessReading;
}

/** Functions of one kind, beside the same programs without any. */
interface Compared {
  none: Readings;
  full: Readings;
  /** Objects that a restart wrote. */
  written: number;
}

/** Each is measured by itself, on an API server of its own; what it has no bar for is told all the same. */
const KINDS: { name: string; has: Belongings; bars: (compared: Compared) => Bar[] }[] = [
  { name: 'source', has: { route: false, configMap: false }, bars: memoryBars },
  { name: 'source and a route', has: { route: true, configMap: false }, bars: restartBars },
  { name: 'source, a route and a ConfigMap', has: { route: true, configMap: true }, bars: socketBars },
];

/** What thousands of Functions cost operator and activator: with source alone, with a route each, with a ConfigMap each too. */
export async function scale(idleSeconds: number): Promise<Section> {
  const all: { name: string; compared: Compared; bars: Bar[] }[] = [];
  for (const { name, has, bars } of KINDS) {
    const compared = await measure(has, idleSeconds);
    all.push({ name, compared, bars: bars(compared) });
  }
  return {
    title: `${FUNCTIONS} Functions, each with 4 KiB of source, after a restart`,
    columns: ['Pss', 'over none', 'peak', 'reconciled', 'longest stall', 'sockets over none'],
    rows: all.flatMap(({ name, compared }) => [
      { name: `${name}: operator`, cells: operatorCells(compared) },
      { name: `${name}: activator`, cells: memoryCells(compared, 'activator') },
    ]),
    bars: all.flatMap(({ bars }) => bars),
    notes: ['beside the same programs without Functions in the same run; compiled by a bundler in one process'],
    figures: all.map(({ name, compared }) => ({ name, ...compared })),
  };
}

async function measure(has: Belongings, idleSeconds: number): Promise<Compared> {
  await using parts = new AsyncDisposableStack();
  const { cluster, kube } = await startApiServer(parts);
  const idleNow = async (made: number) => {
    await using operator = new Running('operator', { cluster, built: true });
    await using activator = new Running('activator', { cluster, built: true });
    const restart = await untilReconciled(operator, made, 300_000);
    const readings = [await afterIdle(operator, idleSeconds), await afterIdle(activator, 1)] as const;
    return { restart, operator: readings[0], activator: readings[1] };
  };
  const none = await idleNow(0);
  {
    await using bundler = await QuickBundler.start();
    const env = { CATNAP_BUNDLER_FOLDER: bundler.folder };
    await using _operator = new Running('operator', { cluster, built: true, env });
    await makeFunctions(kube, FUNCTIONS, has);
    await untilMade(kube, FUNCTIONS, 900_000);
  }
  const before = await versions(kube);
  const full = await idleNow(FUNCTIONS);
  const after = new Set(await versions(kube));
  return { none, full, written: before.filter((version) => !after.has(version)).length };
}

function over({ none, full }: Compared, who: 'operator' | 'activator'): number {
  return full[who].mib - none[who].mib;
}

function memoryBars(compared: Compared): Bar[] {
  return (['operator', 'activator'] as const).map((who) =>
    within(`memory over none, ${who}`, { figure: over(compared, who), unit: 'MiB' }, BARS_MIB[who]),
  );
}

function restartBars({ full: { restart }, written }: Compared): Bar[] {
  return [
    within('with a route each: all reconciled after', { figure: restart.seconds, unit: 's' }, RECONCILED_SECONDS),
    within('with a route each: longest stall of the operator', { figure: restart.stallMs, unit: 'ms' }, STALL_MS),
    within('with a route each: objects written by a restart', { figure: written, unit: '' }, 0),
  ];
}

function socketBars(compared: Compared): Bar[] {
  const { written } = compared;
  return [
    within('with a ConfigMap each: sockets more than with none', { figure: moreSockets(compared), unit: '' }, SOCKETS),
    within('with a ConfigMap each: objects written by a restart', { figure: written, unit: '' }, 0),
  ];
}

function moreSockets({ none, full }: Compared): number {
  return full.operator.sockets - none.operator.sockets;
}

function memoryCells(compared: Compared, who: 'operator' | 'activator'): string[] {
  const { mib, peakMib } = compared.full[who];
  return [mib, over(compared, who), peakMib].map((figure) => quantity(figure, 'MiB'));
}

function operatorCells(compared: Compared): string[] {
  const { seconds, stallMs } = compared.full.restart;
  const restart = [quantity(seconds, 's'), quantity(stallMs, 'ms'), String(moreSockets(compared))];
  return [...memoryCells(compared, 'operator'), ...restart];
}
