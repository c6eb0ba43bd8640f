import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLearned } from './learned.ts';

const sample = { loads: new Map() };

test('says the mean of what activators learned, as far as they did', () => {
  const samples = [{ ...sample, startSeconds: 0.3 }, { ...sample, startSeconds: 0.5, requestSeconds: 0.05 }, sample];
  assert.deepEqual(nextLearned(undefined, samples), { startMilliseconds: 400, requestMilliseconds: 50 });
  assert.equal(nextLearned(undefined, [sample]), undefined);
});

test('stays as it was until something has changed by more than a fifth', () => {
  const before = { startMilliseconds: 300, requestMilliseconds: 50 };
  assert.equal(nextLearned(before, [{ ...sample, startSeconds: 0.35, requestSeconds: 0.045 }]), before);
  assert.deepEqual(nextLearned(before, [{ ...sample, startSeconds: 0.4 }]), { ...before, startMilliseconds: 400 });
  assert.equal(nextLearned({ requestMilliseconds: 1 }, [{ ...sample, requestSeconds: 0.002 }])?.requestMilliseconds, 1);
});

test('activators that were started anew and learned nothing yet take nothing away', () => {
  const before = { startMilliseconds: 300 };
  assert.equal(nextLearned(before, [sample]), before);
  assert.equal(nextLearned(before, []), before);
});

test('a number out of range is no news that the API server would refuse', () => {
  assert.deepEqual(nextLearned(undefined, [{ ...sample, startSeconds: 1e12, requestSeconds: -1 }]), {
    startMilliseconds: 3_600_000,
  });
});
