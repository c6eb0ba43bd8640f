import type { ColdStart } from './cold-start.ts';
import type { Throughput } from './throughput.ts';

export interface Report {
  machine: { cpus: number; node: string };
  coldStart: ColdStart;
  throughput: Throughput;
}

/** The bar for the cold start's median, as a multiple of a bare Node server's start. */
export const COLD_START_BAR = 2;

/** For a person. */
export function text({ machine, coldStart, throughput }: Report): string {
  const ms = (n: number) => `${n.toFixed(1)} ms`;
  const row = (name: string, cells: string[]) => `  ${name.padEnd(34)}${cells.map((c) => c.padStart(12)).join('')}`;
  const { cold, bare, ratio, rounds, podsAliveBefore } = coldStart;
  return [
    `Node ${machine.node}, ${machine.cpus} processors`,
    '',
    `Cold start: from a request at zero to its first byte, ${rounds} rounds in turn with the baseline`,
    row('', ['median', 'p95']),
    row('function at zero, by the gateway', [ms(cold.median), ms(cold.p95)]),
    row('bare node:http, spawn to answer', [ms(bare.median), ms(bare.p95)]),
    `  ratio of the medians ${ratio.toFixed(2)} (bar: ${COLD_START_BAR}); pods' processes alive before a request: ${podsAliveBefore.length === 0 ? 'none' : podsAliveBefore.join('; ')}`,
    '',
    `Throughput: ${throughput.generator}, ${throughput.connections} connections, medians of ${throughput.rounds} rounds of ${throughput.seconds} s`,
    row('', ['requests/s', 'p50', 'p99', 'errors']),
    ...Object.entries(throughput.paths).map(([path, r]) =>
      row(path, [r.requestsPerSecond.toFixed(0), ms(r.p50Ms), ms(r.p99Ms), String(r.errors)]),
    ),
    throughput.overNginx === undefined
      ? '  nginx is not installed: not compared with it'
      : `  activator over nginx ${throughput.overNginx.toFixed(2)}`,
  ].join('\n');
}
