import { PORT } from '#api/names.ts';
import type { World } from '../support/world.ts';
import { type Generator, type Load, loadGenerator, type Result } from './load.ts';
import { nginxProxy } from './nginx.ts';
import { median } from './statistics.ts';

export type Path = 'direct' | 'activator' | 'nginx';

export interface Throughput {
  generator: Generator['name'];
  connections: number;
  rounds: number;
  seconds: number;
  /** Medians over the rounds. `nginx` only where it is installed. */
  paths: Partial<Record<Path, Result>>;
  /** Requests per second through the activator over those through nginx. */
  overNginx: number | undefined;
}

/** The same function by three ways, in turn: straight to its pod, through the activator, through nginx. */
export async function throughput(
  world: World,
  name: string,
  url: string,
  rounds: number,
  seconds: number,
): Promise<Throughput> {
  const connections = 64;
  await world.call(url);
  const pod = (await world.pods(name)).find((p) => p.metadata?.deletionTimestamp === undefined);
  const address = `${pod?.status?.podIP}:${PORT.http.number}`;
  const generator = await loadGenerator();
  await using nginx = await nginxProxy(address);
  const { host } = new URL(url);
  const urls: [Path, string][] = [
    ['direct', `http://${address}/`],
    ['activator', `${world.gateway.base}/`],
    ...(nginx === undefined ? [] : [['nginx', nginx.url] as [Path, string]]),
  ];
  const load = (to: string): Load => ({ url: to, host, connections, seconds });
  const results = new Map<Path, Result[]>(urls.map(([path]) => [path, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [path, to] of urls) results.get(path)?.push(await generator.measure(load(to)));
  }
  const paths = Object.fromEntries([...results].map(([path, all]) => [path, medians(all)])) as Throughput['paths'];
  const [ours, theirs] = [paths.activator?.requestsPerSecond, paths.nginx?.requestsPerSecond];
  const overNginx = ours === undefined || theirs === undefined ? undefined : ours / theirs;
  return { generator: generator.name, connections, rounds, seconds, paths, overNginx };
}

function medians(all: readonly Result[]): Result {
  const of = (field: keyof Result) => median(all.map((r) => r[field]));
  return {
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    errors: all.reduce((sum, r) => sum + r.errors, 0),
  };
}
