import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { type Exit, Supervised } from './supervised.ts';

async function supervised(script: string, t: { after(fn: () => Promise<void>): void }) {
  const dir = await mkdtemp(join(tmpdir(), 'catnap-supervised-'));
  const exits: Exit[] = [];
  const program = { name: 'p', command: [process.execPath, '-e', script] as const, env: {}, logFile: join(dir, 'log') };
  const run = new Supervised({ ...program, command: [...program.command] }, (exit) => exits.push(exit));
  t.after(async () => {
    await run.stop();
    await rm(dir, { recursive: true });
  });
  return { run, exits, output: () => readFile(join(dir, 'log'), 'utf8') };
}

test('starts the program again after it was killed', async (t) => {
  const { run, exits } = await supervised('setInterval(() => {}, 1000)', t);
  await until(() => run.pid !== undefined, 'it runs', 10_000);
  const first = run.pid;
  await run.kill();
  await until(() => run.pid !== undefined && run.pid !== first, 'it runs anew', 10_000);
  assert.deepEqual(exits, [{ code: null, signal: 'SIGKILL' }]);
});

test('ends a program that ignores SIGTERM, and leaves it ended', async (t) => {
  const { run, output } = await supervised(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
    t,
  );
  await until(async () => (await output()).includes('up'), 'it is up', 10_000);
  await run.stop(50);
  assert.equal(run.pid, undefined);
  assert.equal(run.restarts, 0);
});
