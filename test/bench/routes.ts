import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionObject } from '#api/function.ts';
import { aFunction, ask } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster } from '../../activator/testing/test-process.ts';
import { atLeast, within } from './bar.ts';
import { stop } from './cores.ts';
import { type Load, wrk } from './load.ts';
import { startNginx } from './nginx.ts';
import { comparedRates, READING_COLUMNS, readingCells, readUnder } from './reading.ts';
import { quantity, type Section } from './report.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { BACKEND, hostOf, podOf, startBuiltActivator } from './stage.ts';
import { median, percentile } from './statistics.ts';

const FEW = 10;
const MANY = 10_000;
/** Functions that are asked, in turn; the others sleep. */
const AWAKE = 10;
const CONNECTIONS = 64;
const CHANGES = 20;
/** What counts as noise. */
const BAR = 0.95;
const CHANGE_BAR_MS = 50;

/** An activator that knows so many functions, each with a host of its own and a route beside. */
interface Routed {
  functions: FunctionObject[];
  cluster: Cluster;
  activator: Activator;
}

/** What a request costs among many routes, beside the same among few; and how soon a new route leads somewhere. */
export async function routes({ rounds, seconds }: Rounds): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-routes-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const backend = stack.use(await startNginx(BACKEND));
  const few = await withRoutes(stack, FEW, backend.port);
  const many = await withRoutes(stack, MANY, backend.port);
  const routed = { few, many };
  const loads = { few: await loadOf(few, dir, 'few'), many: await loadOf(many, dir, 'many') };
  for (const load of Object.values(loads)) await wrk({ ...load, seconds: 3 });
  const readings = await inTurn(['few', 'many'], rounds, (which) =>
    readUnder({ ...loads[which], seconds }, routed[which].activator.process.pid),
  );
  const changeMs = await changeTimes(many);
  const { basis, ...measured } = comparedRates(readings.many, readings.few, 'requestsPerSecond', '');
  const cost = atLeast(`${MANY} routes over ${FEW}`, measured, BAR);
  const row = (name: string, which: 'few' | 'many') => ({
    name,
    cells: readingCells(readings[which], 'requestsPerSecond', ''),
  });
  return {
    title: `Routes: GET of ${AWAKE} functions in turn, wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: READING_COLUMNS,
    rows: [row(`${FEW} functions`, 'few'), row(`${MANY} functions`, 'many')],
    bars: [
      basis === 'chance' ? { ...cost, verdict: 'unclear' } : cost,
      within('a route change arrives', { figure: median(changeMs), unit: 'ms' }, CHANGE_BAR_MS),
    ],
    notes: [
      `a change of a route among ${MANY} functions, until a request by it is answered: median ${quantity(median(changeMs), 'ms')}, p95 ${quantity(percentile(changeMs, 95), 'ms')} of ${CHANGES}`,
    ],
    figures: { ...readings, changeMs },
  };
}

async function withRoutes(stack: AsyncDisposableStack, count: number, backendPort: number): Promise<Routed> {
  const functions = Array.from({ length: count }, (_, i) => aRouted(`fn-${i}`, `fn-${i}.example.com`));
  const cluster = stack.use(await Cluster.start(functions));
  const activator = await startBuiltActivator(cluster);
  stack.defer(() => stop(activator.process, 'SIGKILL'));
  for (const { metadata } of awake(functions)) cluster.showPod(podOf(metadata.name, backendPort));
  return { functions, cluster, activator };
}

function aRouted(name: string, host: string): FunctionObject {
  return aFunction(name, { concurrency: { target: 1000 }, routes: [{ host }] });
}

/** Spread over all. */
function awake(functions: readonly FunctionObject[]): FunctionObject[] {
  return functions.filter((_, i) => i % (functions.length / AWAKE) === 0);
}

async function loadOf({ functions, activator }: Routed, dir: string, name: string): Promise<Omit<Load, 'seconds'>> {
  const script = join(dir, `${name}.lua`);
  await writeFile(script, askingAll(awake(functions).map(({ metadata }) => hostOf(metadata.name))));
  return { url: `http://127.0.0.1:${activator.port}/`, host: '', connections: CONNECTIONS, script };
}

function askingAll(hosts: readonly string[]): string {
  return `local requests, turn = {}, 0
init = function(args)
  for i, host in ipairs({ ${hosts.map((host) => `"${host}"`).join(', ')} }) do
    requests[i] = wrk.format("GET", "/", { ["Host"] = host })
  end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}

/** Milliseconds from the word of a change to the first answer by the new route. */
async function changeTimes({ functions, cluster, activator }: Routed): Promise<number[]> {
  const name = functions[0]?.metadata.name ?? '';
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const host = `changed-${change}.example.com`;
    const changedAtMs = performance.now();
    cluster.changeFunction(aRouted(name, host));
    while ((await ask(activator.port, { host, agent })).status !== 200);
    times.push(performance.now() - changedAtMs);
  }
  agent.destroy();
  return times;
}
