import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRegistry } from './metrics.ts';

const MAX = 'nodejs_eventloop_lag_max_seconds';

function reading(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

test('a turn that takes long shows in the next look, and not in the one after it', async () => {
  const registry = createRegistry();
  await registry.metrics();
  await nextTurn();
  const endAtMs = performance.now() + 300;
  while (performance.now() < endAtMs);
  await nextTurn();
  const text = await registry.metrics();
  assert.ok(reading(text, MAX) >= 0.25, `${reading(text, MAX)}`);
  assert.ok(reading(text, 'nodejs_eventloop_lag_min_seconds') < 0.25);
  await nextTurn();
  await nextTurn();
  assert.ok(reading(await registry.metrics(), MAX) < 0.25);
});

test('no timer is needed: a process with the metrics and nothing to do is not woken', () => {
  const program = `
    const { createRegistry } = await import(${JSON.stringify(join(import.meta.dirname, 'metrics.ts'))});
    createRegistry();
    const turns = () => performance.nodeTiming.uvMetricsInfo.loopCount;
    setTimeout(() => {
      const before = turns();
      setTimeout(() => console.log(turns() - before), 1_000);
    }, 500);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.match(stdout, /^\d+\n$/);
  assert.ok(Number(stdout) <= 4, `${stdout.trim()} turns in a second`);
});
