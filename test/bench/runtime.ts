import { setTimeout as sleep } from 'node:timers/promises';
import type { Signature } from '#api/names.ts';
import { atLeast, atMost, type Bar } from './bar.ts';
import { wrk } from './load.ts';
import { pssMib } from './processes.ts';
import { comparedRates, READING_COLUMNS, type Reading, readingCells, readUnder } from './reading.ts';
import { type FunctionEnv, functionEnv, type Phases, startReplica } from './replica.ts';
import { quantity, type Section } from './report.ts';
import { inTurn } from './rounds.ts';
import { type Server, startServer } from './server.ts';
import { median, percentile } from './statistics.ts';

const CONNECTIONS = 64;
/** For the compiler. */
const WARM_UP_SECONDS = 3;
const RATE = 'requestsPerSecond';

/** Servers that say hello: programs of this folder, and functions in the runtime. */
const PROGRAMS = { bare: 'bare.mjs', framework: 'framework.mjs', hono: 'hono.mjs' } as const;
const FUNCTIONS = {
  response: { source: `export default () => new Response('hello');`, signature: 'auto' },
  object: { source: `export default () => ({ hello: 'world' });`, signature: 'auto' },
  http: { source: `export default (_request, response) => response.send('hello');`, signature: 'http' },
  app: { source: `export { default } from './hono-app.mjs';`, signature: 'auto' },
} as const satisfies Record<string, { source: string; signature: Signature }>;

type Program = keyof typeof PROGRAMS;
type Function = keyof typeof FUNCTIONS;
type Who = Program | Function;

const NAMES = {
  bare: 'bare node:http',
  response: 'function, a Response',
  object: 'function, an object',
  framework: 'Functions Framework',
  http: 'function, the same (req, res)',
  hono: '@hono/node-server',
  app: 'function, the same Hono app',
} as const satisfies Record<Who, string>;
const ALL = Object.keys(NAMES) as Who[];

/** What is held against what, and how much of it is wanted at least. */
const RATE_BARS = [
  { ours: 'response', theirs: 'bare', bar: 0.8 },
  { ours: 'object', theirs: 'bare', bar: 0.8 },
  { ours: 'http', theirs: 'framework', bar: 1 },
  { ours: 'app', theirs: 'hono', bar: 1 },
] as const;
const START_BAR = 1.25;
const MEMORY_BAR = 1.2;

export interface RuntimeEffort {
  /** Starts of each that are timed. */
  spawns: number;
  rounds: number;
  seconds: number;
  /** Of each whose memory is measured. */
  starts: number;
  idleSeconds: number;
}

type Functions = Readonly<Record<Function, FunctionEnv>>;
type Started = Server & { phases?: Phases };

/** A replica that says hello, beside a bare node:http server and what else runs such functions: start, rate, memory. */
export async function runtime(effort: RuntimeEffort): Promise<Section> {
  const functions = await allFunctions();
  const starts = await timeStarts(functions, effort.spawns);
  const readings = await readRates(functions, effort);
  const pss = await readMemory(functions, effort);
  const cells = (who: Who) => {
    const ms = starts[who].map((start) => start.ms);
    return [quantity(median(ms), 'ms'), quantity(percentile(ms, 95), 'ms'), ...readingCells(readings[who], RATE, '')];
  };
  return {
    title: `Runtime: a hello, ${effort.spawns} starts in turn; wrk, ${CONNECTIONS} connections, medians of ${effort.rounds} rounds of ${effort.seconds} s in turn; Pss after ${effort.idleSeconds} s of nothing`,
    columns: ['start', 'start p95', ...READING_COLUMNS],
    rows: ALL.map((who) => ({ name: NAMES[who], cells: cells(who) })),
    bars: [startBar(starts), ...rateBars(readings), memoryBar(pss)],
    notes: [`start of a function: ${phaseText(starts.response)}`],
    figures: { starts, readings, pss },
  };
}

async function allFunctions(): Promise<Functions> {
  const made: Partial<Record<Function, FunctionEnv>> = {};
  for (const name of Object.keys(FUNCTIONS) as Function[]) {
    const { source, signature } = FUNCTIONS[name];
    made[name] = await functionEnv(source, signature);
  }
  return made as Functions;
}

function start(who: Who, functions: Functions, side: 'proxy' | 'any'): Promise<Started> {
  return who in PROGRAMS ? startServer(side, PROGRAMS[who as Program]) : startReplica(side, functions[who as Function]);
}

interface Start {
  ms: number;
  phases: Phases | undefined;
}

async function timeStarts(functions: Functions, spawns: number): Promise<Record<Who, Start[]>> {
  return await inTurn(ALL, spawns, async (who) => {
    await using server = await start(who, functions, 'any');
    return { ms: server.startMs, phases: server.phases };
  });
}

async function readRates(
  functions: Functions,
  { rounds, seconds }: Pick<RuntimeEffort, 'rounds' | 'seconds'>,
): Promise<Record<Who, Reading[]>> {
  await using stack = new AsyncDisposableStack();
  const servers = new Map<Who, Server>();
  for (const who of ALL) servers.set(who, stack.use(await start(who, functions, 'proxy')));
  const load = (who: Who, lasting: number) => ({
    url: `http://127.0.0.1:${servers.get(who)?.port}/`,
    host: 'hello.default.fn.example',
    connections: CONNECTIONS,
    seconds: lasting,
  });
  for (const who of ALL) await wrk(load(who, WARM_UP_SECONDS));
  return await inTurn(ALL, rounds, (who) => readUnder(load(who, seconds), servers.get(who)?.pid));
}

interface Pss {
  bare: number;
  replica: number;
}

/** MiB of each, in pairs that all run at the same time and have answered once. */
async function readMemory(functions: Functions, { starts, idleSeconds }: RuntimeEffort): Promise<Pss[]> {
  await using stack = new AsyncDisposableStack();
  const pairs: Record<keyof Pss, Server>[] = [];
  for (let pair = 0; pair < starts; pair++) {
    const bare = stack.use(await start('bare', functions, 'any'));
    pairs.push({ bare, replica: stack.use(await start('response', functions, 'any')) });
  }
  await sleep(idleSeconds * 1000);
  return pairs.map(({ bare, replica }) => ({ bare: pssMib(bare.pid), replica: pssMib(replica.pid) }));
}

function startBar({ response, bare }: Record<Who, Start[]>): Bar {
  const ms = (starts: Start[]) => median(starts.map((one) => one.ms));
  return atMost('start over a bare start', { figure: ms(response), baseline: ms(bare), unit: 'ms' }, START_BAR);
}

function rateBars(readings: Record<Who, Reading[]>): Bar[] {
  return RATE_BARS.map(({ ours, theirs, bar }) => {
    const { basis, ...measured } = comparedRates(readings[ours], readings[theirs], RATE, '');
    const judged = atLeast(`${NAMES[ours]} over ${theirs}`, measured, bar);
    return basis === 'chance' ? { ...judged, verdict: 'unclear' } : judged;
  });
}

function memoryBar(pss: readonly Pss[]): Bar {
  const mib = (of: keyof Pss) => median(pss.map((one) => one[of]));
  return atMost('idle memory over bare', { figure: mib('replica'), baseline: mib('bare'), unit: 'MiB' }, MEMORY_BAR);
}

/** `boot 30.1 ms, read 1.2 ms, …`: of each phase the median. */
function phaseText(starts: readonly Start[]): string {
  const names = Object.keys(starts[0]?.phases ?? {});
  const ms = (name: string) => 1000 * median(starts.map((one) => one.phases?.[name] ?? Number.NaN));
  return names.map((name) => `${name} ${ms(name).toFixed(1)} ms`).join(', ');
}
