import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Load, wrk } from './load.ts';
import { overNginx, READING_COLUMNS, type Reading, readingCells, readUnder } from './reading.ts';
import type { Section } from './report.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { type ActivatorOptions, hostOf, Stage, type StageFunction, WAYS, type Way } from './stage.ts';

const CONNECTIONS = 16;
/** For the compiler of the activator; nginx has none. */
const WARM_UP_SECONDS = 3;
const POSTED_BYTES = 102_400;

interface Kind {
  what: string;
  name: StageFunction;
  path: string;
  /** For wrk. */
  script?: string;
  rate: 'mibPerSecond' | 'requestsPerSecond';
  unit: string;
  bar: number;
  accepted: number;
}

type Readings = Record<Way, Reading[]>;

/** Large answers, and bodies there and back, beside nginx with `proxy_buffers 16 64k`. */
export async function bodies({ rounds, seconds, ...options }: Rounds & ActivatorOptions): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-bodies-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const post = join(dir, 'post.lua');
  await writeFile(post, postScript());
  const kinds: Kind[] = [
    {
      what: '1 MiB GET',
      name: 'hello',
      path: '/mebibyte',
      rate: 'mibPerSecond',
      unit: 'MiB',
      bar: 1.3,
      accepted: 0.9,
    },
    {
      what: '100 KiB POST echo',
      name: 'echo',
      path: '/',
      script: post,
      rate: 'requestsPerSecond',
      unit: '',
      bar: 0.37,
      accepted: 0.3,
    },
  ];
  const stage = stack.use(await Stage.start(options));
  const measured: [Kind, Readings][] = [];
  for (const kind of kinds) measured.push([kind, await readingsOf(stage, kind, rounds, seconds)]);
  return {
    title: `Bodies: wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: READING_COLUMNS,
    rows: measured.flatMap(([kind, readings]) =>
      WAYS.map((way) => ({ name: `${kind.what}, ${way}`, cells: readingCells(readings[way], kind.rate, kind.unit) })),
    ),
    bars: measured.map(([kind, readings]) => overNginx(kind.what, readings, kind)),
    notes: [],
    figures: Object.fromEntries(measured.map(([{ what }, readings]) => [what, readings])),
  };
}

async function readingsOf(stage: Stage, kind: Kind, rounds: number, seconds: number): Promise<Readings> {
  const { name, path, script } = kind;
  const load = (way: Way, lasting: number): Load => ({
    url: stage.url(way, name, path),
    host: hostOf(name),
    connections: CONNECTIONS,
    seconds: lasting,
    ...(script !== undefined && { script }),
  });
  for (const way of WAYS) await wrk(load(way, way === 'activator' ? WARM_UP_SECONDS : 1));
  return await inTurn(WAYS, rounds, (way) => readUnder(load(way, seconds), stage.pid(way)));
}

function postScript(): string {
  return `wrk.method = "POST"
wrk.body = string.rep("b", ${POSTED_BYTES})
wrk.headers["Host"] = "${hostOf('echo')}"
wrk.headers["Content-Type"] = "application/octet-stream"
`;
}
