import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

const run = promisify(execFile);

export interface Load {
  url: string;
  /** Host header. */
  host: string;
  connections: number;
  seconds: number;
}

export interface Result {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers other than 2xx, and connections that broke. */
  errors: number;
}

export interface Generator {
  name: 'wrk' | 'autocannon';
  measure(load: Load): Promise<Result>;
}

/** wrk where it is installed, else autocannon. */
export async function loadGenerator(): Promise<Generator> {
  const found = await run('wrk', ['-v']).then(
    () => true,
    // wrk prints its version and exits with 1.
    (error) => error.code === 1,
  );
  return found ? { name: 'wrk', measure: withWrk } : { name: 'autocannon', measure: withAutocannon };
}

async function withWrk({ url, host, connections, seconds }: Load): Promise<Result> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`, url];
  const { stdout } = await run('wrk', args);
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? '0';
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(stdout)?.[1]),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(stdout)?.[1]),
    errors: [errors, ...sockets].reduce((sum, n) => sum + Number(n), 0),
  };
}

/** `250.00us`, `1.20ms`, `1.01s` → milliseconds. */
export function milliseconds(text: string | undefined): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text ?? '') ?? [];
  return Number(number) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? Number.NaN);
}

async function withAutocannon({ url, host, connections, seconds }: Load): Promise<Result> {
  const result = await autocannon({ url, connections, duration: seconds, headers: { host } });
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.errors + result.non2xx,
  };
}
