import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnBundler } from '../../operator/source/own-bundler.ts';
import { bounds, buildBundler, children, GOOD, jobOf, LIMITS, MEMORY_MIB, POISON } from '../support/bundler-program.ts';
import { eventually } from '../support/eventually.ts';
import { inherited } from '../support/settings.ts';

test('50 poisoned sources in a row leave it as it was: the next good one compiles at once', {
  timeout: 400_000,
}, async () => {
  await using built = await buildBundler();
  const { program } = built;
  await using bundler = new OwnBundler({ program, limits: LIMITS, memoryMib: MEMORY_MIB, path: inherited.PATH });
  assert.equal((await bundler.compile(jobOf(GOOD), bounds)).kind, 'made');
  const pid = bundler.pid;
  const kinds = Object.values(POISON);
  for (let i = 0; i < 50; i++) {
    const outcome = await bundler.compile(jobOf(`${kinds[i % kinds.length]}\n// ${i}`), bounds);
    assert.notEqual(outcome.kind, 'made');
  }
  const startedMs = performance.now();
  assert.equal((await bundler.compile(jobOf(GOOD), bounds)).kind, 'made');
  assert.ok(performance.now() - startedMs < 5_000);
  assert.equal(bundler.pid, pid);
  await eventually('nothing is left of them', async () => (await children(Number(pid))).length === 0);
});
