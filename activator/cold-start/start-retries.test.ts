import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailedStart } from '../routing/function-config.ts';
import { StartRetries } from './start-retries.ts';

const failed = (more: Partial<FailedStart> = {}): FailedStart => ({
  reason: 'SecretNotFound',
  count: 1,
  lastMs: 0,
  ...more,
});

test('what the status tells is old as it says, and new when it fails once more', () => {
  const retries = new StartRetries();
  assert.deepEqual([retries.hasFailed, retries.dueAtMs(false)], [false, undefined]);
  retries.noteStatus('r', failed(), { nowMs: 100_000, ageMs: 4_000 });
  assert.deepEqual([retries.hasFailed, retries.dueAtMs(false)], [true, 106_000]);
  retries.noteStatus('r', failed(), { nowMs: 105_000, ageMs: 9_000 });
  assert.equal(retries.dueAtMs(false), 106_000);
  retries.noteStatus('r', failed({ count: 2 }), { nowMs: 107_000, ageMs: 0 });
  assert.equal(retries.dueAtMs(false), 117_000);
});

test('a clock that is behind makes no start that is yet to fail', () => {
  const retries = new StartRetries();
  retries.noteStatus('r', failed(), { nowMs: 1_000, ageMs: -60_000 });
  assert.equal(retries.dueAtMs(false), 11_000);
});

test('a crash beside a revision that takes its place is not started again; what is missing is', () => {
  const retries = new StartRetries();
  retries.noteStatus('r', failed({ reason: 'CrashLoop' }), { nowMs: 0, ageMs: 0 });
  assert.deepEqual([retries.dueAtMs(true), retries.dueAtMs(false)], [undefined, 10_000]);
  retries.noteStatus('r', failed(), { nowMs: 0, ageMs: 0 });
  assert.equal(retries.dueAtMs(true), 10_000);
});

test('what is seen of the pods counts before the status tells it, and once', () => {
  const retries = new StartRetries();
  retries.noteStatus('r', undefined, { nowMs: 0, ageMs: 0 });
  retries.notePods('CrashLoop', 5_000);
  retries.notePods('CrashLoop', 6_000);
  assert.equal(retries.dueAtMs(false), 15_000);
  retries.noteStatus('r', undefined, { nowMs: 7_000, ageMs: 0 });
  assert.equal(retries.hasFailed, true);
});

test('an answer, another revision, and a status without it end it', () => {
  const retries = new StartRetries();
  const tell = (revision: string, start?: FailedStart) => retries.noteStatus(revision, start, { nowMs: 0, ageMs: 0 });
  tell('r', failed());
  retries.answered();
  assert.equal(retries.hasFailed, false);
  tell('r', failed({ count: 2 }));
  tell('s');
  assert.equal(retries.hasFailed, false);
  tell('s', failed());
  tell('s');
  assert.equal(retries.hasFailed, false);
});
