import { installed, runOn } from './cores.ts';
import { median } from './statistics.ts';

export interface Load {
  url: string;
  /** Host header; of no meaning where a script makes the requests. */
  host: string;
  connections: number;
  seconds: number;
  /** Further ones of each request; without a script. */
  headers?: Readonly<Record<string, string>>;
  /** A file for wrk, in Lua, that makes the requests. */
  script?: string;
}

export interface Result {
  requestsPerSecond: number;
  /** Answers, heads included. */
  mibPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  errors: number;
}

export function hasWrk(): boolean {
  return installed('wrk', '-v');
}

/** As many requests as it gets answers to, from one thread. */
export async function wrk({ url, host, connections, seconds, headers = {}, script }: Load): Promise<Result> {
  const sent = Object.entries({ Host: host, ...headers }).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const requests = script === undefined ? sent : ['-s', script];
  const how = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'];
  return parseWrk(await runOn('rest', ['wrk', ...how, ...requests, url]));
}

/** What wrk prints with `--latency`. */
export function parseWrk(printed: string): Result {
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(printed)?.[1] ?? '0';
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(printed)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]),
    mibPerSecond: mebibytes(/Transfer\/sec:\s+(\S+)/.exec(printed)?.[1]),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(printed)?.[1]),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(printed)?.[1]),
    errors: [errors, ...sockets].reduce((sum, n) => sum + Number(n), 0),
  };
}

/** `250.00us`, `1.20ms`, `1.01s` → milliseconds. */
export function milliseconds(text: string | undefined): number {
  return withUnit(text, { us: 0.001, ms: 1, s: 1000 });
}

/** `512.00KB`, `3.20MB`, `1.01GB` → MiB: wrk's units are powers of 1024. */
export function mebibytes(text: string | undefined): number {
  return withUnit(text, { B: 1 / 1_048_576, KB: 1 / 1024, MB: 1, GB: 1024 });
}

function withUnit(text: string | undefined, units: Readonly<Record<string, number>>): number {
  const [, number, unit] = /^([\d.]+)([A-Za-z]+)$/.exec(text ?? '') ?? [];
  return Number(number) * (units[unit ?? ''] ?? Number.NaN);
}

/** Of each figure the median; errors are added up. */
export function medians(all: readonly Result[]): Result {
  const of = (field: keyof Result) => median(all.map((result) => result[field]));
  return {
    requestsPerSecond: of('requestsPerSecond'),
    mibPerSecond: of('mibPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
  };
}
