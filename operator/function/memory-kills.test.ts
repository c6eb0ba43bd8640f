import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPod } from '../testing/builders.ts';
import { memoryKills, newMemoryKills } from './memory-kills.ts';

const killed = (finishedAt: string) =>
  aPod({
    ready: true,
    memoryLimit: '32Mi',
    restartCount: 1,
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: finishedAt as never } },
  });
const LINE =
  'pod hello-1-abcde was killed for using more memory than its limit of 32Mi at 2026-01-01T00:00:00.000Z; raise spec.resources.limits.memory';

test('a kill for want of memory names the pod, the limit and when', () => {
  assert.deepEqual(memoryKills(killed('2026-01-01T00:00:00Z')), [LINE]);
  assert.deepEqual(memoryKills(aPod({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } })), []);
});

test('each kill is news once', () => {
  const [later = ''] = memoryKills(killed('2026-01-01T00:05:00Z'));
  const message = `1 of 1 replicas is ready\n${LINE}`;
  assert.deepEqual(newMemoryKills('it has no replicas', message), [LINE]);
  assert.deepEqual(newMemoryKills(message, message), []);
  assert.deepEqual(newMemoryKills(message, `1 of 1 replicas is ready\n${later}`), [later]);
});
