import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { METRIC } from '#api/metric-names.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { eventually } from '../support/eventually.ts';
import { atMost } from './bar.ts';
import { startOn, stop } from './cores.ts';
import { pssMib } from './processes.ts';
import { quantity, type Section } from './report.ts';
import { startServer } from './server.ts';
import { hostOf, podOf, startBuiltActivator } from './stage.ts';
import { median } from './statistics.ts';

const HOST = '127.0.0.1';
const IDLE = 10_000;
const WAITING = 1_000;
/** After the last connection, until memory is looked at. */
const SETTLE_MS = 3_000;
const BAR = 1.5;

/** Connections that a process opens and keeps. */
export interface HeldPlan {
  host: string;
  port: number;
  /** Each has had an answer and does nothing. */
  idle: number;
  idleHost: string;
  /** Each waits for an answer that does not come. */
  waiting: number;
  waitingHost: string;
}

/** MiB before any connection, and with all of them. */
interface Pss {
  empty: number;
  holding: number;
}

/** What waiting requests and idle connections cost, beside a bare node:http server that holds as many of each. */
export async function held(starts: number): Promise<Section> {
  const readings: Record<'bare' | 'activator', Pss[]> = { bare: [], activator: [] };
  for (let start = 0; start < starts; start++) {
    readings.bare.push(await ofBare());
    readings.activator.push(await ofActivator());
  }
  const of = (who: 'bare' | 'activator', when: keyof Pss) => median(readings[who].map((pss) => pss[when]));
  const row = (name: string, who: 'bare' | 'activator') => {
    const [empty, holding] = [of(who, 'empty'), of(who, 'holding')];
    const perConnection = `${(((holding - empty) * 1024) / (IDLE + WAITING)).toFixed(1)} KiB`;
    return { name, cells: [quantity(empty, 'MiB'), quantity(holding, 'MiB'), perConnection] };
  };
  const measured = { figure: of('activator', 'holding'), baseline: of('bare', 'holding'), unit: 'MiB' };
  return {
    title: `Memory held: Pss with ${WAITING} requests waiting and ${IDLE} idle connections, medians of ${starts} starts`,
    columns: ['empty', 'holding', 'each'],
    rows: [row('bare node:http', 'bare'), row('activator', 'activator')],
    bars: [atMost('memory held, over bare', measured, BAR)],
    notes: [],
    figures: readings,
  };
}

async function ofBare(): Promise<Pss> {
  await using server = await startServer('proxy', 'holding.mjs');
  const plan = planFor(server.port);
  return await withConnections(plan, server.pid, () => undefined);
}

async function ofActivator(): Promise<Pss> {
  await using stack = new AsyncDisposableStack();
  const backend = stack.use(await startServer('rest', 'bare.mjs'));
  const patient = { queue: { size: 2 * WAITING, timeoutSeconds: 600 } };
  const cluster = stack.use(await Cluster.start([aFunction('awake'), aFunction('asleep', patient)]));
  const activator = await startBuiltActivator(cluster);
  stack.defer(() => stop(activator.process, 'SIGKILL'));
  cluster.showPod(podOf('awake', backend.port));
  const metrics = `http://${HOST}:${activator.opsPort}/metrics`;
  return await withConnections(planFor(activator.port), activator.process.pid ?? 0, async () => {
    await eventually(`${WAITING} requests wait`, async () => {
      const text = await (await fetch(metrics)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${METRIC.concurrency}{`) && one.includes('"asleep"'));
      return Number(line?.split(' ').at(-1)) === WAITING;
    });
  });
}

function planFor(port: number): HeldPlan {
  return {
    host: HOST,
    port,
    idle: IDLE,
    idleHost: hostOf('awake'),
    waiting: WAITING,
    waitingHost: hostOf('asleep'),
  };
}

/** @param whenOpen what to wait for once all connections are open */
async function withConnections(plan: HeldPlan, pid: number, whenOpen: () => Promise<void> | undefined): Promise<Pss> {
  await sleep(SETTLE_MS);
  const empty = pssMib(pid);
  const child = startOn('rest', [process.execPath, join(import.meta.dirname, 'connections.ts'), JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    if (child.stdout === null || child.stdin === null) throw new Error('no pipes');
    const lines = createInterface(child.stdout);
    const next = async () => JSON.parse((await once(lines, 'line', { signal: AbortSignal.timeout(60_000) }))[0]).open;
    await next();
    await whenOpen();
    await sleep(SETTLE_MS);
    const holding = pssMib(pid);
    child.stdin.write('how many\n');
    const open = await next();
    if (open !== IDLE + WAITING) throw new Error(`only ${open} of ${IDLE + WAITING} connections are still open`);
    return { empty, holding };
  } finally {
    await stop(child, 'SIGKILL');
  }
}
