import type { Bar } from './bar.ts';

/** What one part of the bench has found out. */
export interface Section {
  title: string;
  /** Heads of the cells of each row. */
  columns: string[];
  rows: { name: string; cells: string[] }[];
  bars: Bar[];
  /** What a reader has to know beside the figures. */
  notes: string[];
  /** All that was measured, for programs. */
  figures: unknown;
}

/** A part of the bench that could not run, and what it needs. */
export interface NotMeasured {
  title: string;
  notMeasured: string;
}

/** A part that broke off, and why. */
export interface Failed {
  title: string;
  failed: string;
}

export interface Report {
  machine: {
    processors: number;
    node: string;
    pinned: boolean;
    /** Mean number of programs that wanted a processor in the minute before. */
    loadBefore: number;
  };
  sections: Record<string, Section | NotMeasured | Failed>;
}

/** Of a machine that has nothing else to do, the load is below. */
const RESTLESS = 0.5;
const FIRST_COLUMN = 38;
const COLUMN = 16;

/** For a person. */
export function text({ machine, sections }: Report): string {
  const { processors, node, pinned, loadBefore } = machine;
  const where = pinned ? 'proxies on one, the rest on another' : 'NOT PINNED to processors: figures are only a hint';
  const all = Object.values(sections);
  return [
    `Node ${node}, ${processors} processors, ${where}; load before ${loadBefore.toFixed(1)}${loadBefore > RESTLESS ? ': NOT QUIET, look at ratios only' : ''}`,
    ...all.flatMap((section) => ['', ...sectionLines(section)]),
    '',
    ...barLines(all.flatMap((section) => ('bars' in section ? section.bars : []))),
  ].join('\n');
}

function sectionLines(section: Section | NotMeasured | Failed): string[] {
  if ('notMeasured' in section) return [section.title, `  not measured: ${section.notMeasured}`];
  if ('failed' in section) return [section.title, `  FAILED: ${section.failed}`];
  return [
    section.title,
    row('', section.columns),
    ...section.rows.map(({ name, cells }) => row(name, cells)),
    ...section.notes.map((note) => `  ${note}`),
  ];
}

function barLines(bars: readonly Bar[]): string[] {
  if (bars.length === 0) return [];
  return [
    'Bars',
    row('', ['measured', 'baseline', 'ratio', 'bar', 'holds']),
    ...bars.map((bar) =>
      row(bar.what, [
        quantity(bar.figure, bar.unit),
        bar.baseline === undefined ? '-' : quantity(bar.baseline, bar.unit),
        bar.ratio === undefined ? '-' : bar.ratio.toFixed(2),
        bar.bar,
        bar.verdict,
      ]),
    ),
  ];
}

/** `0.0871 ms`, `13.2 MiB`, `24512 /s`: as many digits as tell something. */
export function quantity(n: number, unit: string): string {
  const digits = Math.abs(n) >= 1000 ? 0 : Math.abs(n) >= 10 ? 1 : 3;
  return `${n.toFixed(digits)} ${unit}`;
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(FIRST_COLUMN)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`;
}
