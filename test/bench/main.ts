import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { pinned } from './cores.ts';
import { profileText } from './profile.ts';
import { type Report, text } from './report.ts';
import { chosenParts, runPart } from './sections.ts';

/**
 * `npm run bench [-- --only throughput,latency] [--json] [--seconds 4] …`: what a user waits for and what it takes, each
 * beside its baseline of the same run, and whether the bars hold. docs/benchmarks.md says what each figure means.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    wakes: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    starts: { type: 'string', default: '3' },
    idle: { type: 'string', default: '20' },
    saves: { type: 'string', default: '30' },
    profile: { type: 'string' },
  },
});
const effort = {
  wakes: Number(values.wakes),
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  starts: Number(values.starts),
  idle: Number(values.idle),
  saves: Number(values.saves),
  profile: values.profile,
};

const report: Report = {
  machine: { processors: availableParallelism(), node: process.version, pinned, loadBefore: loadavg()[0] ?? 0 },
  sections: {},
};
for (const name of chosenParts(values.only)) {
  const startedAtMs = performance.now();
  report.sections[name] = await runPart(name, effort);
  process.stderr.write(`${name}: ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s\n`);
}
console.log(values.json ? JSON.stringify(report) : text(report));
if (effort.profile !== undefined) process.stderr.write(`\n${await profileText(effort.profile)}`);
if (Object.values(report.sections).some((section) => 'failed' in section)) process.exitCode = 1;
