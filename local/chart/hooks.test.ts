import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDone } from './hooks.ts';

const job = (...conditions: object[]) => ({
  kind: 'Job',
  metadata: { namespace: 'sys', name: 'j' },
  status: { conditions },
});

test('a Job is done when it is complete, not before', () => {
  assert.equal(isDone(job()), false);
  assert.equal(isDone(job({ type: 'Complete', status: 'True' })), true);
});

test('a Job that failed is an error with its message', () => {
  const failed = job({ type: 'Failed', status: 'True', message: 'DeadlineExceeded' });
  assert.throws(() => isDone(failed), /Job sys\/j failed: DeadlineExceeded/);
});

test('anything else is done once it is there', () => {
  assert.equal(isDone({ kind: 'ServiceAccount' }), true);
  assert.equal(isDone(undefined), false);
});
