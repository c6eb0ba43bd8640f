import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aSummary } from '../testing/test-record.ts';
import { ColdStarts } from './cold-start-metrics.ts';
import { FunctionCounters } from './function-counters.ts';

test('of revisions that follow each other soon the last few are kept', () => {
  const counters = new FunctionCounters(new ColdStarts());
  for (let n = 1; n <= 9; n += 1) {
    counters.finished(aSummary({ revision: `hello-${n}` }));
    counters.keepRevisions([`hello-${n}`], n);
  }
  assert.deepEqual(
    [...counters.revisions.keys()],
    [5, 6, 7, 8, 9].map((n) => `hello-${n}`),
  );
});
