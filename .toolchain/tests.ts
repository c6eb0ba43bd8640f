/** Runs the test files of a tier, several at once, those that take long first: `node .toolchain/tests.ts integration`. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { noteNotChecked } from './not-checked-reporter.ts';
import { TIERS, type Tier } from './tiers.ts';

const root = join(import.meta.dirname, '..');

/** Absolute paths of a tier's files, in the order in which they begin. */
function filesOf({ files, first = [] }: Tier): string[] {
  const all = globSync(files, { cwd: root }).toSorted();
  const rank = (file: string) => {
    const place = first.findIndex((name) => file.endsWith(`/${name}.test.ts`));
    return place === -1 ? first.length : place;
  };
  return all.toSorted((a, b) => rank(a) - rank(b)).map((file) => join(root, file));
}

function runTier(name: string, tier: Tier): void {
  const files = filesOf(tier);
  if (files.length === 0) throw new Error(`${name} has no files`);
  const took = new Map<string, number>();
  const events = run({ files, concurrency: tier.concurrency, timeout: tier.timeoutMs, cwd: root });
  events.on('test:fail', ({ todo }) => {
    if (todo === undefined) process.exitCode = 1;
  });
  events.on('test:pass', (data) => noteNotChecked({ type: 'test:pass', data }));
  events.on('test:diagnostic', (data) => noteNotChecked({ type: 'test:diagnostic', data }));
  events.on('test:summary', ({ file, duration_ms: tookMs }) => {
    if (file !== undefined) took.set(file.slice(root.length + 1), tookMs);
    else console.log(longest(name, took, tookMs));
  });
  events.compose(spec).pipe(process.stdout, { end: false });
}

function longest(name: string, took: ReadonlyMap<string, number>, tookMs: number): string {
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
  const slow = [...took].toSorted(([, a], [, b]) => b - a).slice(0, 5);
  return `${name}: ${seconds(tookMs)}; the longest: ${slow.map(([file, ms]) => `${file} ${seconds(ms)}`).join(', ')}`;
}

const name = process.argv[2] ?? '';
const tier = TIERS[name];
if (tier === undefined) throw new Error(`no such tier: ${name}; there are ${Object.keys(TIERS).join(', ')}`);
runTier(name, tier);
