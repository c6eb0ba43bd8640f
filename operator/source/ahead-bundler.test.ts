import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { AheadBundler } from './ahead-bundler.ts';
import type { Outcome } from './compile-outcome.ts';

const MADE = { kind: 'made' } as Outcome;

test('where no process can be started, compiles go the other way and nothing else ends', {
  timeout: 20_000,
}, async () => {
  const starts = new EventTarget();
  await using bundler = new AheadBundler({
    // What the system refuses at once, as it does where it has no memory for one more.
    get program() {
      starts.dispatchEvent(new Event('start'));
      return '/no\0where';
    },
    limits: { cpuSeconds: 5, wallSeconds: 5 },
    memoryMib: 256,
    path: '/bin',
    otherwise: async () => MADE,
  });
  const job = { source: { files: {}, entry: 'index.js' }, handler: { handler: 'default', signature: 'http' } } as never;
  const bounds = { cpuSeconds: 1, signal: new AbortController().signal };
  for (let round = 0; round < 2; round += 1) {
    const started = once(starts, 'start');
    assert.equal(await bundler.compile(job, bounds), MADE);
    await started;
    // What is thrown in a timer fails the test by then.
    await setImmediate();
  }
  assert.equal(bundler.isWaiting, false);
});
