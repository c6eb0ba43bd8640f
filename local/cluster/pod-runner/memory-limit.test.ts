import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryInUse, memoryLimit, unreclaimable } from './memory-limit.ts';

const container = (memory: string | undefined) => ({
  name: 'main',
  ...(memory !== undefined && { resources: { limits: { memory } } }),
});

test('a limit is what the container names, in bytes', () => {
  assert.equal(memoryLimit(container('64Mi')), 64 * 2 ** 20);
  assert.equal(memoryLimit(container('1e9')), 1e9);
  for (const memory of [undefined, '', '0', 'much']) assert.equal(memoryLimit(container(memory)), undefined);
});

test('what counts is what a process has written, not the files that it looks at', () => {
  const status =
    'Name:\tnode\nVmRSS:\t  60000 kB\nRssAnon:\t    20 kB\nRssFile:\t  39970 kB\nRssShmem:\t   10 kB\nVmSwap:\t  1 kB\n';
  assert.equal(unreclaimable(status), 31 * 1_024);
  assert.equal(unreclaimable(''), 0);
});

test('a process that is gone has nothing', () => {
  assert.ok(memoryInUse(process.pid) > 2 ** 20);
  assert.equal(memoryInUse(2 ** 22 + 1), 0);
});
