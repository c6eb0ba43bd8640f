/**
 * Prints one share of the unit tests' files, a line each: `node .toolchain/unit-share.ts 2/4`. Those that take longest are dealt
 * out first, so that no share gets several of them; then the others in turn. The tests of local/cluster/ are none of them.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT_FILES } from './tiers.ts';

/** With what each takes on a quiet machine, in seconds. A list that is out of date costs time, nothing else. */
const LONG: Readonly<Record<string, number>> = {
  'activator/errors/guarded-entries': 12,
  'activator/replicas/stuck-replicas': 8,
  'activator/proxy/memory-bounds': 8,
  'runtime-image/hostile-handlers': 7,
  'activator/upstream/replica-wire': 6,
  'activator/proxy/websocket': 6,
  'activator/proxy/proxy': 5,
  'runtime-image/shutdown/held-signals': 4,
  'runtime-image/http/web-sockets-end': 4,
  'activator/cold-start/cold-start': 4,
  'activator/cold-start/shared-bursts': 4,
  'test/parity/parity': 3,
  'runtime-image/shutdown/shutdown': 3,
  'runtime-image/shutdown/crash': 3,
  'operator/source/compile-source': 3,
  'activator/proxy/early-answers': 3,
  'activator/cold-start/simulated': 3,
  'test/framework-examples': 2,
  'test/chart/settings': 2,
  'test/chart/accepted': 2,
  'platform/process/loop-lag': 2,
  'operator/source/given-only': 2,
  'activator/routing/revisions': 2,
  'activator/replicas/failing-replicas': 2,
  'activator/main': 2,
  'activator/inbound/listener': 2,
};
/** Of any other file. */
const SHORT_SECONDS = 0.15;

/** Longest processing time first: each file goes to the share that has the least to do so far. */
function shares(files: readonly string[], count: number): string[][] {
  const dealt = Array.from({ length: count }, () => ({ files: [] as string[], seconds: 0 }));
  const seconds = (file: string) => LONG[file.replace(/\.test\.ts$/, '')] ?? SHORT_SECONDS;
  for (const file of files.toSorted((a, b) => seconds(b) - seconds(a))) {
    const least = dealt.reduce((best, share) => (share.seconds < best.seconds ? share : best));
    least.files.push(file);
    least.seconds += seconds(file);
  }
  return dealt.map((share) => share.files);
}

const [which = 0, count = 0] = (process.argv[2] ?? '').split('/').map(Number);
const all = globSync(UNIT_FILES, { cwd: join(import.meta.dirname, '..') }).toSorted();
for (const name of Object.keys(LONG))
  if (!all.includes(`${name}.test.ts`)) throw new Error(`there is no ${name}.test.ts`);
const share = shares(all, count)[which - 1];
if (share === undefined) throw new Error(`no share ${process.argv[2]}: such as 2/4`);
console.log(share.toSorted().join('\n'));
