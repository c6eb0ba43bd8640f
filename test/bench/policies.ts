import { hash } from 'node:crypto';
import type { FunctionSpec } from '#api/function.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { atLeast, type Bar } from './bar.ts';
import { stop } from './cores.ts';
import { type Load, wrk } from './load.ts';
import { startNginx } from './nginx.ts';
import { comparedRates, READING_COLUMNS, type Reading, readingCells, readUnder } from './reading.ts';
import type { Section } from './report.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { BACKEND, hostOf, podOf, startBuiltActivator } from './stage.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

/** A function with policies, and what a request brings along that they let pass. */
interface Guarded {
  spec: Partial<Record<keyof FunctionSpec, unknown>>;
  headers?: Readonly<Record<string, string>>;
  /** Of the requests that the same function takes without policies. */
  bar: number;
}

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;
/** So many that none is ever refused. */
const PLENTY = { requests: 1_000_000, seconds: 1 } as const;

/** The issuer of the token is on this machine. */
const ISSUER_HERE = { CATNAP_ISSUER_HTTP: 'true', CATNAP_ISSUER_NETWORKS: '127.0.0.1' };

const KEY = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978';
const ORIGIN = 'https://shop.example.com';
const BY_KEY = { access: [{ apiKeys: [{ name: 'bench', sha256: hash('sha256', KEY) }] }] };
const FROM_PAGES = { cors: { origins: [ORIGIN], credentials: true } };
const A_LIMIT = { rateLimits: [{ ...PLENTY, by: 'Client' }] };

/** Each is held against the same function without them; `none` is that one, in the same turns. */
const guarded = ({ jwt, token }: TokenIssuer): Readonly<Record<string, Guarded>> => ({
  none: { spec: {}, bar: 0 },
  'an API key': { spec: BY_KEY, headers: { 'x-api-key': KEY }, bar: 0.93 },
  'a token': { spec: { access: [{ jwt }] }, headers: { authorization: `Bearer ${token}` }, bar: 0.85 },
  'a limit': { spec: A_LIMIT, bar: 0.93 },
  'two limits': {
    spec: {
      rateLimits: [
        { ...PLENTY, by: 'Header', header: 'x-tenant' },
        { ...PLENTY, by: 'Function' },
      ],
    },
    headers: { 'x-tenant': 'acme' },
    bar: 0.85,
  },
  'key, limit, CORS': {
    spec: { ...BY_KEY, ...A_LIMIT, ...FROM_PAGES },
    headers: { 'x-api-key': KEY, origin: ORIGIN },
    bar: 0.8,
  },
});
const functionName = (name: string) => name.toLowerCase().replaceAll(/[^a-z]+/g, '-');

/** What the policies of a function cost each request that they let pass, through one activator. */
export async function policies({ rounds, seconds }: Rounds): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  const backend = stack.use(await startNginx(BACKEND));
  const all = guarded(stack.use(await startTokenIssuer()));
  const names = Object.keys(all);
  const functions = names.map((name) =>
    aFunction(functionName(name), { concurrency: { target: 1000 }, ...all[name]?.spec }),
  );
  const cluster = stack.use(await Cluster.start(functions));
  const activator = await startBuiltActivator(cluster, { env: ISSUER_HERE });
  stack.defer(() => stop(activator.process, 'SIGKILL'));
  for (const { metadata } of functions) cluster.showPod(podOf(metadata.name, backend.port));
  const load = (name: string, lasting: number): Load => ({
    url: `http://127.0.0.1:${activator.port}/`,
    host: hostOf(functionName(name)),
    connections: CONNECTIONS,
    seconds: lasting,
    headers: all[name]?.headers ?? {},
  });
  for (const name of names) await wrk(load(name, WARM_UP_SECONDS));
  const readings = await inTurn(names, rounds, (name) => readUnder(load(name, seconds), activator.process.pid));
  return {
    title: `Policies: GET of a fixed answer, wrk, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s in turn`,
    columns: READING_COLUMNS,
    rows: names.map((name) => ({
      name,
      cells: readingCells(readings[name] as Reading[], 'requestsPerSecond', ''),
    })),
    bars: names.slice(1).map((name) => barOf(name, all[name]?.bar ?? 1, readings)),
    notes: [],
    figures: readings,
  };
}

function barOf(name: string, least: number, readings: Readonly<Record<string, readonly Reading[]>>): Bar {
  const [ours, theirs] = [readings[name], readings.none] as [Reading[], Reading[]];
  const { basis, ...measured } = comparedRates(ours, theirs, 'requestsPerSecond', '');
  const bar = atLeast(`${name} over none`, measured, least);
  const failed = ours.some(({ errors }) => errors > 0);
  return failed ? { ...bar, verdict: 'NO' } : basis === 'chance' ? { ...bar, verdict: 'unclear' } : bar;
}
