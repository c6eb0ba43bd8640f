import type { ColdStart } from './cold-start.ts';
import type { Measured, Memory } from './memory.ts';
import type { Throughput } from './throughput.ts';

export interface Report {
  machine: { cpus: number; node: string };
  coldStart: ColdStart;
  throughput: Throughput;
  memory: Memory;
}

/** The bar for the cold start's median, as a multiple of a bare Node server's start. */
export const COLD_START_BAR = 2;

/** For a person. */
export function text({ machine, coldStart, throughput, memory }: Report): string {
  return [
    `Node ${machine.node}, ${machine.cpus} processors`,
    '',
    ...coldStartLines(coldStart),
    '',
    ...throughputLines(throughput),
    '',
    ...memoryLines(memory),
  ].join('\n');
}

const ms = (n: number) => `${n.toFixed(1)} ms`;
const row = (name: string, cells: string[]) => `  ${name.padEnd(34)}${cells.map((c) => c.padStart(12)).join('')}`;

function coldStartLines(coldStart: ColdStart): string[] {
  const { cold, bare, ratio, rounds, podsAliveBefore } = coldStart;
  return [
    `Cold start: from a request at zero to its first byte, ${rounds} rounds in turn with the baseline`,
    row('', ['median', 'p95']),
    row('function at zero, by the gateway', [ms(cold.median), ms(cold.p95)]),
    row('bare node:http, spawn to answer', [ms(bare.median), ms(bare.p95)]),
    `  ratio of the medians ${ratio.toFixed(2)} (bar: ${COLD_START_BAR}); pods' processes alive before a request: ${podsAliveBefore.length === 0 ? 'none' : podsAliveBefore.join('; ')}`,
  ];
}

function throughputLines(throughput: Throughput): string[] {
  return [
    `Throughput: ${throughput.generator}, ${throughput.connections} connections, medians of ${throughput.rounds} rounds of ${throughput.seconds} s`,
    row('', ['requests/s', 'p50', 'p99', 'errors']),
    ...Object.entries(throughput.paths).map(([path, r]) =>
      row(path, [r.requestsPerSecond.toFixed(0), ms(r.p50Ms), ms(r.p99Ms), String(r.errors)]),
    ),
    throughput.overNginx === undefined
      ? '  nginx is not installed: not compared with it'
      : `  activator over nginx ${throughput.overNginx.toFixed(2)}`,
  ];
}

const BAR_TEXT: Record<Measured, string> = {
  operator: 'bare + 40 MiB',
  activator: 'bare + 20 MiB',
  replica: '1.2 x bare',
};

function memoryLines({ bare, processes, starts, idleSeconds, functions }: Memory): string[] {
  const mib = (n: number) => `${n.toFixed(1)} MiB`;
  return [
    `Idle memory: Pss after ${idleSeconds} s of nothing, with ${functions} functions, medians of ${starts} starts`,
    row('', ['median', 'over bare', 'bar', 'holds']),
    row('bare node:http', [mib(bare.mib)]),
    ...Object.entries(processes).map(([name, p]) =>
      row(`${name} (${BAR_TEXT[name as Measured]})`, [
        mib(p.mib),
        mib(p.mib - bare.mib),
        mib(p.barMib),
        p.holds ? 'yes' : 'NO',
      ]),
    ),
  ];
}
