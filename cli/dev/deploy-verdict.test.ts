import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { verdictOf } from './deploy-verdict.ts';

const fn = (generation: number, status: object): FunctionObject => ({ metadata: { generation }, status }) as never;
const condition = (type: string, status: string, message = '') => ({ type, status, message, reason: 'R' });
const GOOD = [condition('SourceReady', 'True'), condition('RevisionReady', 'True')];
const REVISIONS = { revision: 'a', latestRevision: 'a', url: 'http://x' };

test('a change answers once its own revision takes traffic', () => {
  const seen = { observedGeneration: 2, conditions: GOOD, ...REVISIONS };
  assert.deepEqual(verdictOf(fn(2, seen), 2), { kind: 'answers', url: 'http://x' });
  for (const status of [
    {},
    { ...seen, observedGeneration: 1 },
    { ...seen, revision: 'before' },
    { ...seen, conditions: [condition('SourceReady', 'Unknown'), condition('RevisionReady', 'True')] },
    { ...seen, conditions: [condition('SourceReady', 'True'), condition('RevisionReady', 'Unknown')] },
  ])
    assert.deepEqual(verdictOf(fn(2, status), 2), { kind: 'waiting' }, JSON.stringify(status));
});

test('a change that is being compiled is not judged by the revision before, which cannot start', () => {
  const stale = condition('RevisionReady', 'False', 'of the revision before');
  for (const source of [
    condition('SourceReady', 'Unknown'),
    { ...condition('SourceReady', 'False'), reason: 'ConfigMapNotFound' },
  ]) {
    const status = { observedGeneration: 2, conditions: [source, stale], ...REVISIONS };
    assert.deepEqual(verdictOf(fn(2, status), 2), { kind: 'waiting' });
  }
});

test('a change that does not compile, or does not start, has failed with its reason', () => {
  const source = [condition('SourceReady', 'False', 'why'), condition('RevisionReady', 'True')];
  const start = [condition('SourceReady', 'True'), condition('RevisionReady', 'False', 'why')];
  for (const [conditions, revision, goesOn] of [
    [source, 'a', true],
    [start, 'before', true],
    [start, 'a', false],
  ] as const)
    assert.deepEqual(verdictOf(fn(2, { observedGeneration: 2, ...REVISIONS, conditions, revision }), 2), {
      kind: 'failed',
      reason: 'R',
      message: 'why',
      goesOn,
    });
});
