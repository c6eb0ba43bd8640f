import { startApiServer } from '../integration/operator-process.ts';
import { QuickBundler } from '../support/quick-bundler.ts';
import {
  afterIdle,
  makeFunctions,
  type ProcessReading,
  Running,
  untilMade,
  untilReconciled,
  versions,
} from '../support/scale.ts';
import { within } from './bar.ts';
import { quantity, type Section } from './report.ts';

const FUNCTIONS = 5_000;
/** Over the same process with none, MiB. */
const BARS_MIB = { operator: 25, activator: 15 } as const;
const RECONCILED_SECONDS = 60;
const STALL_MS = 100;
const SOCKETS = 10;

/** What thousands of Functions, each with source, a route and a ConfigMap, cost operator and activator. */
export async function scale(idleSeconds: number): Promise<Section> {
  await using parts = new AsyncDisposableStack();
  const { cluster, kube } = await startApiServer(parts);
  let made = 0;
  const idleNow = async () => {
    await using operator = new Running('operator', { cluster, built: true });
    await using activator = new Running('activator', { cluster, built: true });
    const restart = await untilReconciled(operator, made, 300_000);
    const readings = [await afterIdle(operator, idleSeconds), await afterIdle(activator, 1)] as const;
    return { restart, operator: readings[0], activator: readings[1] };
  };
  const none = await idleNow();
  {
    await using bundler = await QuickBundler.start();
    const env = { CATNAP_BUNDLER_FOLDER: bundler.folder };
    await using _operator = new Running('operator', { cluster, built: true, env });
    await makeFunctions(kube, FUNCTIONS);
    await untilMade(kube, FUNCTIONS, 900_000);
  }
  made = FUNCTIONS;
  const before = await versions(kube);
  const full = await idleNow();
  const after = new Set(await versions(kube));
  const written = before.filter((version) => !after.has(version)).length;
  const over = (who: 'operator' | 'activator') => full[who].mib - none[who].mib;
  const row = (name: 'operator' | 'activator') => ({ name, cells: cells(full[name], over(name)) });
  return {
    title: `${FUNCTIONS} Functions, each with 4 KiB of source, a route and a ConfigMap, after a restart`,
    columns: ['Pss', 'over none', 'peak'],
    rows: [row('operator'), row('activator')],
    bars: [
      within('memory over none, operator', { figure: over('operator'), unit: 'MiB' }, BARS_MIB.operator),
      within('memory over none, activator', { figure: over('activator'), unit: 'MiB' }, BARS_MIB.activator),
      within('all reconciled after', { figure: full.restart.seconds, unit: 's' }, RECONCILED_SECONDS),
      within('longest stall of the operator', { figure: full.restart.stallMs, unit: 'ms' }, STALL_MS),
      within('objects written by a restart', { figure: written, unit: '' }, 0),
      within(
        'sockets more than with none',
        { figure: full.operator.sockets - none.operator.sockets, unit: '' },
        SOCKETS,
      ),
    ],
    notes: ['beside the same programs without Functions in the same run; compiled by a bundler in one process'],
    figures: [{ none, full, written }],
  };
}

function cells({ mib, peakMib }: ProcessReading, overMib: number): string[] {
  return [quantity(mib, 'MiB'), quantity(overMib, 'MiB'), quantity(peakMib, 'MiB')];
}
